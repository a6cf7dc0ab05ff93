#pragma once

#include <cjson/cJSON.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/check/config_file.h"

// The settings that libwebsockets' configuration parser knows (except lws-chat's own options), and how it reads their
// values.
namespace lws_chat {

enum class KeyPlace { kTop, kGlobal, kVhost, kMount };

enum class ValueType {
  kText,      // a JSON string
  kNumber,    // a whole number, in quotes or not
  kFlag,      // on, yes, true, 1 and their opposites, in quotes or not
  kObject,    // an object with a table of its own
  kObjects,   // an array of such objects
  kTextMap,   // an object whose values are texts
  kTextMaps,  // an array of such objects
};

struct KeyRow {
  std::string_view name;
  ValueType type;
  std::string_view ignored;  // why this build of libwebsockets ignores the key; empty: it does not
  // For numbers. libwebsockets reads most of them as an int.
  int64_t least = 0;
  int64_t most = 2147483647;
};

const std::vector<KeyRow>& known_keys(KeyPlace place);
const KeyRow* find_key(KeyPlace place, std::string_view name);

// Reports each key of the object that lws does not know, ignores or would misread. Does not look inside values of type
// kObject and kObjects.
void check_keys(ConfigFile& file, KeyPlace place, const cJSON* object);

// Returns true if the value is an object, else reports it.
bool expect_object(ConfigFile& file, const cJSON* value, const std::string& what);

// Reports each value in the object that is not a text.
void check_text_map(ConfigFile& file, const cJSON* object, const std::string& what);

// A member by its exact name, or null.
const cJSON* member(const cJSON* object, const char* name);

// Values as lws would read them. A missing value, or one of a wrong type, gives "", no number or off.
std::string text_member(const cJSON* object, const char* name);
std::optional<int64_t> number_value(const cJSON* value);
std::optional<bool> flag_value(const cJSON* value);
bool flag_member(const cJSON* object, const char* name);

// Replaces the first "_lws_ddir_" by lws's data directory, as lws does in vhosts.
std::string expand_text(std::string_view text);

// The message for a number or flag without quotes where lws wants a text. lws does not end such a value, and appends
// the next text to it.
std::string unquoted_problem(const std::string& what, const cJSON* value);

}  // namespace lws_chat
