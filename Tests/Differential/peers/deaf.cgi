#!/bin/sh
# Answers without reading the content.
printf 'Content-Type: text/plain\r\n\r\nnot read\n'
