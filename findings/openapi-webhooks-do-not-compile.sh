#!/usr/bin/env bash
# A webhook in OpenAPI 3.1, written as the specification's own example writes it (its body refers to
# a component), makes clients that do not compile, with two of the generators that are used most.
# Neither says so when it generates. The guess was that a generator of clients passes over webhooks.
#
# openapi-generator 7.25.0, Python: webhooks_api.py has a parameter without a type (`pet: ,`). The
#   package imports that file, so that no operation can be called. A webhook that is a `$ref` to
#   `components/pathItems`, which means the same, is passed over, and the client works.
# oapi-codegen 2.8.2, Go: the component is pruned, since no path refers to it, and the type of the
#   webhook's body names it all the same. It is kept as soon as a path refers to it too.
#
# What it means here: webhooks of our document are references to path items, with bodies in place.
#
# Output seen on 2026-11-30 (JDK 17, Python 3.11, Go 1.26):
#   openapi-generator, inline webhook: SyntaxError
#   openapi-generator, webhook by reference: compiles
#   oapi-codegen, webhook: undefined: Pet
#   oapi-codegen, webhook and a path that has the component too: compiles
# Needs java, mvn, python3 and go. Ends with 1 if any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

document() { # what stands in webhooks, further components, what the path answers
  cat <<JSON
{"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"},
 "paths": {"/count": {"get": {"operationId": "countPets", "tags": ["pets"], "responses":
   {"200": {"description": "ok", "content": {"application/json": {"schema": $3}}}}}}},
 "webhooks": {"newPet": $1},
 "components": {$2 "schemas": {"Pet":
   {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}}
JSON
}
pet='{"$ref": "#/components/schemas/Pet"}'
webhook='{"post": {"operationId": "receivePet", "tags": ["webhooks"], "requestBody": {"required": true,
  "content": {"application/json": {"schema": '$pet'}}}, "responses": {"200": {"description": "ok"}}}}'
number='{"type": "integer", "format": "int64"}'
document "$webhook" '' "$number" >inline.json
document '{"$ref": "#/components/pathItems/newPet"}' "\"pathItems\": {\"newPet\": $webhook}," \
  "$number" >reference.json
document "$webhook" '' "$pet" >used.json

mvn -q -B dependency:copy -DoutputDirectory=. -Dmdep.stripVersion=true \
  -Dartifact=org.openapitools:openapi-generator-cli:7.25.0
changed=0
say() { # what, what was seen, what it was
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "  it was: $3"; changed=1; }
}
python() {
  java -jar openapi-generator-cli.jar generate -i "$1.json" -g python -o "py-$1" >"$1.log" 2>&1
  if python3 -m compileall -q "py-$1/openapi_client" >compile.log 2>&1; then echo compiles
  else grep -o SyntaxError compile.log | head -1; fi
}
say 'openapi-generator, inline webhook' "$(python inline)" SyntaxError
say 'openapi-generator, webhook by reference' "$(python reference)" compiles

go mod init pets >/dev/null 2>&1
golang() {
  mkdir -p "$1"
  go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 \
    -generate types,client -package pets -o "$1/pets.go" "$1.json" >"$1.log" 2>&1
  go mod tidy >tidy.log 2>&1
  if go build "./$1" >compile.log 2>&1; then echo compiles
  else grep -o 'undefined: Pet' compile.log | head -1; fi
  rm -r "$1"
}
say 'oapi-codegen, webhook' "$(golang inline)" 'undefined: Pet'
say 'oapi-codegen, webhook and a path that has the component too' "$(golang used)" compiles
exit "$changed"
