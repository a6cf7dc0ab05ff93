#include "jwt/key_set.h"

#include <utility>

#include "jwt/json_object.h"
#include "jwt/jwk.h"

namespace lws_chat {
namespace {

// A provider has a handful.
constexpr size_t kMostKeys = 256;

constexpr char kExpected[] = ", expected a JSON Web Key Set: {\"keys\": [...]}";

void add_key(const JsonValue& element, size_t number, bool may_have_secrets, KeysRead& read) {
  std::string which = "key " + std::to_string(number) + " ";
  JsonObject jwk;
  std::string problem = jwk.read(element.text);
  JwkResult result;
  if (problem.empty()) result = read_jwk(jwk, may_have_secrets);
  if (problem.empty()) problem = result.problem;
  if (!problem.empty()) return read.warnings.push_back(which + problem + "; it is not used");
  if (result.is_private)
    read.warnings.push_back(which + "has its private part (d): remove that, whoever reads it can sign tokens");
  read.keys.push_back(std::move(*result.key));
}

}  // namespace

KeysRead read_key_set(std::string_view text, bool may_have_secrets) {
  KeysRead read;
  JsonObject set;
  read.problem = set.read(text);
  const JsonValue* keys = read.problem.empty() ? set.find("keys") : nullptr;
  if (read.problem.empty() && (!keys || keys->kind != JsonKind::kArray)) read.problem = "has no list named keys";
  if (!read.problem.empty() || !keys) {
    read.problem += kExpected;
    return read;
  }
  std::vector<JsonValue> elements = elements_of(*keys);
  if (elements.size() > kMostKeys) {
    read.problem = "has " + std::to_string(elements.size()) + " keys, expected at most " + std::to_string(kMostKeys);
    return read;
  }
  for (size_t i = 0; i < elements.size(); ++i) add_key(elements[i], i + 1, may_have_secrets, read);
  if (read.keys.empty()) read.problem = elements.empty() ? "has no key" : "has no usable key: " + read.warnings.front();
  return read;
}

}  // namespace lws_chat
