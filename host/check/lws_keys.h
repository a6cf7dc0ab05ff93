#pragma once

#include <cjson/cJSON.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/check/config_file.h"

// The keys that libwebsockets' configuration parser knows, by the place they stand in, and how it reads their
// values.
namespace lws_chat {

enum class KeyPlace { kTop, kGlobal, kVhost, kMount };

enum class ValueType {
  kText,      // a JSON string
  kNumber,    // a whole number, in quotes or not
  kFlag,      // on, yes, true, 1 and their opposites, in quotes or not
  kObject,    // what its own table describes
  kObjects,   // an array of such objects
  kTextMap,   // an object whose values are texts
  kTextMaps,  // an array of such objects
};

struct KeyRow {
  std::string_view name;
  ValueType type;
  std::string_view ignored;  // why the libwebsockets we are built with does nothing with it; empty: it does
  // Of numbers; libwebsockets reads most of them as an int.
  int64_t least = 0;
  int64_t most = 2147483647;
};

const std::vector<KeyRow>& known_keys(KeyPlace place);
const KeyRow* find_key(KeyPlace place, std::string_view name);

// Reports every key of the object that lws does not know, ignores or would misread. Values of type kObject
// and kObjects are only checked to be such.
void check_keys(ConfigFile& file, KeyPlace place, const cJSON* object);

// Whether the value is an object; reports it if it is something else.
bool expect_object(ConfigFile& file, const cJSON* value, const std::string& what);

// Reports everything in the object that is not a text.
void check_text_map(ConfigFile& file, const cJSON* object, const std::string& what);

// A member by its exact name, or null.
const cJSON* member(const cJSON* object, const char* name);

// The values as lws would see them; what is missing or of a wrong type reads as empty, nothing or off.
std::string text_member(const cJSON* object, const char* name);
std::optional<int64_t> number_value(const cJSON* value);
std::optional<bool> flag_value(const cJSON* value);
bool flag_member(const cJSON* object, const char* name);

// A text with the first "_lws_ddir_" replaced by lws's data directory, as lws does in vhosts.
std::string expand_text(std::string_view text);

// The mistake that deserves its own words: lws does not end a bare number or flag where it wants a text, and
// the text after it is read as its continuation.
std::string unquoted_problem(const std::string& what, const cJSON* value);

}  // namespace lws_chat
