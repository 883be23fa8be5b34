// TOML 1.0 (https://toml.io) read by toml++, as a flat list of what is in it. Nothing is thrown across this boundary.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CMTOML_TABLE,
    CMTOML_ARRAY,
    CMTOML_STRING,
    CMTOML_INTEGER,
    CMTOML_FLOAT,
    CMTOML_BOOLEAN,
    /// A date, a time or both.
    CMTOML_DATE
} cmtoml_kind;

/// Octets in UTF-8 that live as long as their document; they may hold NUL.
typedef struct {
    const uint8_t *octets;
    size_t length;
} cmtoml_text;

typedef struct {
    cmtoml_kind kind;
    /// The table or array that this is in, by its place in the list; the first node is the root, and in itself.
    size_t parent;
    /// Empty for what is in an array.
    cmtoml_text key;
    /// The value of what is neither table nor array.
    cmtoml_text value;
    /// Of the key, or of the value where there is none. From 1.
    uint32_t line, column;
} cmtoml_node;

typedef struct cmtoml_document cmtoml_document;

/// Reads a text. Always to be freed.
cmtoml_document *cmtoml_read(const uint8_t *text, size_t length);
void cmtoml_free(cmtoml_document *document);

/// What is wrong with the text, its octets NULL if nothing is, and where.
cmtoml_text cmtoml_error(const cmtoml_document *document, uint32_t *line, uint32_t *column);

/// How many nodes there are; 0 for a text that is wrong. What is in a table or array comes after it, and an array's
/// elements in their order.
size_t cmtoml_count(const cmtoml_document *document);
cmtoml_node cmtoml_at(const cmtoml_document *document, size_t index);

#ifdef __cplusplus
}
#endif
