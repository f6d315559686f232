#!/usr/bin/env python3
"""Writes models/*.yaml from the compact descriptions of published networks in tools/zoo/, a file a family.

Run from anywhere: python3 tools/make_models.py [FOLDER]
Only the standard library is used. The files are committed; a test checks their counts against published figures."""

import os
import sys

from zoo import classic, dense, detection, efficientdet, efficientnet, inception, mobilenet, resnet, ssdlite, yolo

FAMILIES = [efficientnet, mobilenet, resnet, inception, classic, detection, ssdlite, efficientdet, dense, yolo]


def main():
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(top, "models")
    for family in FAMILIES:
        for net in family.networks():
            net.write(folder)


if __name__ == "__main__":
    main()
