#!/bin/sh
# Makes static/govuk, static/moj, static/htmx and static/onroll/app.js from the pinned npm packages.
# Run it only when a version moves, in any scratch folder: sh static/src/build.sh SCRATCH
set -eu
here=$(cd "$(dirname "$0")" && pwd)
static=$(dirname "$here")
scratch=${1:?give a scratch folder to build in}
mkdir -p "$scratch" && cp "$here"/*.scss "$here"/app.mjs "$scratch" && cd "$scratch"
[ -f package.json ] || npm init -y >/dev/null
npm install --no-audit --no-fund --save-exact \
  govuk-frontend@6.3.0 @ministryofjustice/frontend@11.1.0 htmx.org@2.0.11 sass@1.108.2 esbuild@0.28.2
moj=node_modules/@ministryofjustice/frontend
for name in govuk moj; do
  mkdir -p "$static/$name"
  npx sass --load-path=. --quiet-deps --style=compressed --no-source-map "$name.scss" "$static/$name/$name.css"
done
npx esbuild app.mjs --bundle --minify --format=esm --outfile="$static/onroll/app.js"
mkdir -p "$static/moj/assets/images" "$static/govuk/assets/images" "$static/htmx"
cp "$moj"/moj/assets/images/icon-* "$static/moj/assets/images/"
rm -f "$static"/moj/assets/images/*.png
# The footer's style sheet names the royal crest, which may not ship: an empty picture of that name
# keeps hashed static storage from failing on a missing file.
printf '<svg xmlns="http://www.w3.org/2000/svg"/>\n' >"$static/govuk/assets/images/govuk-crest.svg"
cp node_modules/htmx.org/dist/htmx.min.js "$static/htmx/htmx.min.js"
mkdir -p "$static/licences"
cp node_modules/govuk-frontend/LICENSE* "$static/licences/govuk-frontend.txt" 2>/dev/null || true
cp node_modules/htmx.org/LICENSE "$static/licences/htmx.txt" 2>/dev/null || true
