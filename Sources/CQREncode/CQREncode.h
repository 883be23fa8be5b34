#if !__has_include(<qrencode.h>)
#error "libqrencode's header is not installed. Debian and Ubuntu: apt-get install libqrencode-dev; Fedora: dnf install qrencode-devel; macOS: brew install qrencode. Or build without QR codes: swift build --traits TLS,TOML"
#else
#include <qrencode.h>
#endif
