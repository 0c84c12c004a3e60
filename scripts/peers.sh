#!/bin/sh
# The independent programs that the tests read our files with. Installs only what is missing, and only where apt-get is.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need exiftool libimage-exiftool-perl
need pngcheck pngcheck
need webpinfo webp
need tiffinfo libtiff-tools
need heif-info libheif-examples
need ffmpeg ffmpeg
need identify imagemagick
need chromium chromium
need vips libvips-tools
need qpdf qpdf
need pdfinfo poppler-utils
[ -f /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing="$missing fonts-noto-cjk"
if ! .venv/bin/python -c 'import cv2' 2>/dev/null; then missing="$missing libgl1 libglib2.0-0 libxcb1"; fi
[ -z "$missing" ] && exit 0
echo "installing:$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "please install these programs with your system's package manager, then run again" >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
