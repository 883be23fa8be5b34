#!/bin/sh
# Answers whatever the content. It has to be taken all the same: a server whose script ends first may drop the answer.
cat >/dev/null
printf 'Content-Type: text/plain\r\n\r\nnot read\n'
