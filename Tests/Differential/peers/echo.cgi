#!/bin/sh
# Says how the server in front understood the request.
content=$(cat; echo .)
printf 'Content-Type: text/plain\r\n\r\n'
printf 'method=%s target=%s host=%s content=%s\n' "$REQUEST_METHOD" "$REQUEST_URI" "$SERVER_NAME" "${content%.}"
