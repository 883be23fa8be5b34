#if !__has_include(<toml++/toml.h>)
#error "toml++ is not installed. Debian and Ubuntu: apt-get install libtomlplusplus-dev; Fedora: dnf install tomlplusplus-devel; macOS: brew install tomlplusplus. Or build without the trait TOML: swift build --disable-default-traits --traits TLS"
#endif
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// A settings file has tables in an array, and arrays in these.
#define TOML_MAX_NESTED_VALUES 8
#include <toml++/toml.h>

#include "CMartletTOML.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Node {
    cmtoml_kind kind;
    size_t parent;
    std::string key, value;
    toml::source_position position;
};

cmtoml_text text(const std::string &string) {
    return {reinterpret_cast<const uint8_t *>(string.data()), string.size()};
}

template <class Number> std::string digits(Number number) {
    char buffer[40];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    return std::string(buffer, end);
}

std::string two(unsigned number) { return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)}; }

std::string words(const toml::date &date) { return digits(date.year) + "-" + two(date.month) + "-" + two(date.day); }
std::string words(const toml::time &time) { return two(time.hour) + ":" + two(time.minute) + ":" + two(time.second); }
std::string words(const toml::date_time &both) { return words(both.date) + "T" + words(both.time); }

Node made(const toml::node &node, size_t parent) {
    Node made{CMTOML_TABLE, parent, {}, {}, node.source().begin};
    if (node.is_array()) {
        made.kind = CMTOML_ARRAY;
    } else if (auto string = node.as_string()) {
        made.kind = CMTOML_STRING;
        made.value = **string;
    } else if (auto integer = node.as_integer()) {
        made.kind = CMTOML_INTEGER;
        made.value = digits(**integer);
    } else if (auto number = node.as_floating_point()) {
        made.kind = CMTOML_FLOAT;
        made.value = digits(**number);
    } else if (auto boolean = node.as_boolean()) {
        made.kind = CMTOML_BOOLEAN;
        made.value = **boolean ? "true" : "false";
    } else if (auto date = node.as_date()) {
        made.kind = CMTOML_DATE;
        made.value = words(**date);
    } else if (auto time = node.as_time()) {
        made.kind = CMTOML_DATE;
        made.value = words(**time);
    } else if (auto both = node.as_date_time()) {
        made.kind = CMTOML_DATE;
        made.value = words(**both);
    }
    return made;
}

// Each dot of a key can be a table more, and toml++ 3.3 takes tables apart by recursion.
constexpr size_t dots_limit = 256;

uint32_t line_of_too_many_dots(const uint8_t *octets, size_t length) {
    uint32_t line = 1;
    size_t dots = 0;
    for (size_t i = 0; i < length; i++) {
        if (octets[i] == '\n') {
            line++;
            dots = 0;
        } else if (octets[i] == '.' && ++dots > dots_limit) {
            return line;
        }
    }
    return 0;
}

} // namespace

struct cmtoml_document {
    std::vector<Node> nodes;
    std::string error;
    toml::source_position position{1, 1};

    void fail(std::string_view why, toml::source_position where) {
        error = why.empty() ? "it is no TOML" : std::string(why);
        position = where;
    }

    void flatten(const toml::table &root) {
        std::vector<const toml::node *> sources{&root};
        nodes.push_back(made(root, 0));
        for (size_t at = 0; at < sources.size(); at++) {
            if (auto table = sources[at]->as_table()) {
                for (auto &&[key, value] : *table) {
                    nodes.push_back(made(value, at));
                    nodes.back().key = std::string(key.str());
                    if (key.source().begin) nodes.back().position = key.source().begin;
                    sources.push_back(&value);
                }
            } else if (auto array = sources[at]->as_array()) {
                for (auto &&value : *array) {
                    nodes.push_back(made(value, at));
                    sources.push_back(&value);
                }
            }
        }
    }
};

cmtoml_document *cmtoml_read(const uint8_t *octets, size_t length) {
    auto document = new cmtoml_document;
    if (auto line = line_of_too_many_dots(octets, length)) {
        document->fail("a line has more than 256 dots; break it", {line, 1});
        return document;
    }
    auto result = toml::parse(std::string_view(reinterpret_cast<const char *>(octets), length));
    if (result) {
        document->flatten(result.table());
    } else {
        document->fail(result.error().description(), result.error().source().begin);
    }
    return document;
}

void cmtoml_free(cmtoml_document *document) { delete document; }

cmtoml_text cmtoml_error(const cmtoml_document *document, uint32_t *line, uint32_t *column) {
    *line = document->position.line;
    *column = document->position.column;
    return document->error.empty() ? cmtoml_text{nullptr, 0} : text(document->error);
}

size_t cmtoml_count(const cmtoml_document *document) { return document->nodes.size(); }

cmtoml_node cmtoml_at(const cmtoml_document *document, size_t index) {
    const Node &node = document->nodes[index];
    return {node.kind, node.parent, text(node.key), text(node.value), node.position.line, node.position.column};
}
