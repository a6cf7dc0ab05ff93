#include "host/check/lejp_limits.h"

#include <libwebsockets.h>

#include "support/config_findings.h"

using namespace unit;

TEST(the_top_must_be_an_object_that_is_not_empty) {
  CHECK_CONTAINS(findings("[]"), "conf:1:1: error: expected an object { }");
  CHECK_CONTAINS(findings("{}"), "conf:1:1: error: libwebsockets rejects an empty top object");
}

TEST(nesting_is_limited) {
  std::string deep = "{\"a\":";
  for (int i = 0; i < 5; ++i) deep += "{\"a\":[";
  std::string end;
  for (int i = 0; i < 5; ++i) end += "]}";
  CHECK_EQ(findings(deep + "1" + end + "}").find("nested too deeply"), std::string::npos);
  CHECK_CONTAINS(findings(deep + "{\"a\":1}" + end + "}"),
                 "conf:1:36: error: nested too deeply, libwebsockets reads at "
                 "most 11 levels");
  // 5 in libwebsockets 4.1, 8 in 4.3.
  std::string most = std::to_string(LEJP_MAX_INDEX_DEPTH);
  CHECK_CONTAINS(findings("{\"a\":" + std::string(LEJP_MAX_INDEX_DEPTH + 1, '[') +
                          std::string(LEJP_MAX_INDEX_DEPTH + 1, ']') + "}"),
                 "conf:1:" + std::to_string(6 + LEJP_MAX_INDEX_DEPTH) + ": error: libwebsockets reads at most " + most +
                     " arrays inside each other");
}

TEST(the_path_of_a_key_is_limited) {
  std::string prefix = "vhosts[].ws-protocols[].lws-chat.";
  std::string longest(127 - prefix.size(), 'x');
  CHECK_EQ(in_chat("\"" + longest + "\":\"1\"").find("the path of this key"), std::string::npos);
  CHECK_CONTAINS(in_chat("\"" + longest + "x\":\"1\""),
                 "conf:2:1: error: the path of this key has 128 bytes, libwebsockets has room for 127: use a "
                 "shorter key");
}

TEST(a_text_is_limited_except_where_lws_joins_its_pieces) {
  CHECK_EQ(in_chat("\"close-reply\":\"" + std::string(253, 'x') + "\""), "");
  CHECK_CONTAINS(in_chat("\"close-reply\":\"" + std::string(254, 'x') + "\""),
                 "conf:2:15: error: text of 254 bytes, libwebsockets reads at most 253 in one piece");
  CHECK_EQ(in_vhost("\"headers\":[{\"x-long\":\"" + std::string(1000, 'x') + "\"}]"), "");
  CHECK_EQ(in_mount("\"mountpoint\":\"/\",\"origin\":\">https://" + std::string(300, 'x') + "\""), "");
}

TEST(dots_in_keys_repeated_keys_and_nulls_are_errors) {
  CHECK_CONTAINS(in_vhost("\"headers\":[{\"a.b\":\"1\"}]"), "conf:2:13: error: the key \"a.b\" contains a dot");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\",\"extra-mimetypes\":{\".tar.gz\":\"x\"}"),
                 "conf:3:58: error: the key \".tar.gz\" contains a dot");
  CHECK_CONTAINS(in_vhost("\"sts\":1, \"sts\":0"),
                 "conf:2:10: error: \"sts\" occurs twice in this object, first at conf:2:1: keep one");
  CHECK_EQ(in_vhost("\"interface\":null"), "conf:2:13: error: null is not a value here: remove the key\n");
}
