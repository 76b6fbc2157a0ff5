#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Writes the bytes of a file as a C array: embed.py SYMBOL INPUT OUTPUT"""
import sys

symbol, source, target = sys.argv[1:]
with open(source, 'rb') as f:
    data = f.read()
with open(target, 'w') as f:
    f.write('/* Made by bpf/embed.py */\n#include <stddef.h>\n\n')
    f.write(f'extern const unsigned char {symbol}[];\nextern const size_t {symbol}_size;\n\n')
    # libbpf reads ELF structures in place
    f.write(f'const unsigned char {symbol}[] __attribute__((aligned(8))) = {{\n')
    for i in range(0, len(data), 16):
        f.write('\t' + ' '.join(f'{byte},' for byte in data[i:i + 16]) + '\n')
    f.write(f'}};\n\nconst size_t {symbol}_size = sizeof({symbol});\n')
