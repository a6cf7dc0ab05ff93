#include "config/options.h"

#include "config/option_table.h"
#include "support/unit.h"

using namespace lws_chat;

TEST(the_defaults_match_the_tutorial) {
  Options options = default_options();
  CHECK_EQ(options.path, "/chat/");
  CHECK_EQ(options.close_word, "close");
  CHECK_EQ(options.close_reply, "你要求我關閉喔!");
  CHECK(options.binary == BinaryPolicy::kRefuse);
  CHECK_EQ(options.max_message, 65536u);
  CHECK_EQ(options.max_clients, 0u);
  CHECK(!options.enabled);
}

TEST(every_default_in_the_table_is_accepted_by_its_own_option) {
  for (const OptionRow& row : option_table()) {
    Options options = default_options();
    CHECK_EQ(set_option(options, row.name, row.fallback), "");
  }
}

TEST(every_option_has_a_help_text_that_ends_in_a_full_stop) {
  for (const OptionRow& row : option_table()) CHECK(!row.help.empty() && row.help.back() == '.');
}

TEST(numbers_must_be_within_their_range) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "max-message", "1"), "");
  CHECK_EQ(options.max_message, 1u);
  CHECK_EQ(set_option(options, "max-message", "0"), "\"0\" is out of range, expected 1 to 67108864 bytes");
  CHECK_EQ(set_option(options, "max-message", "99999999999999999999"),
           "\"99999999999999999999\" is out of range, expected 1 to 67108864 bytes");
  CHECK_EQ(options.max_message, 1u);
}

TEST(other_texts_than_numbers_are_refused) {
  Options options = default_options();
  for (const char* bad : {"", "ten", "-1", "1.5", "1k", " 1", "0x10"})
    CHECK(set_option(options, "ping-interval", bad).find("is not a whole number, expected 0 to 86400 s") !=
          std::string::npos);
}

TEST(flags_accept_the_words_of_lws) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "default", "1"), "");
  CHECK(options.is_default);
  CHECK_EQ(set_option(options, "default", "off"), "");
  CHECK(!options.is_default);
  CHECK(!set_option(options, "default", "maybe").empty());
}

TEST(an_unknown_option_is_refused_with_the_nearest_known_one) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "max-mesage", "1"), "unknown option \"max-mesage\", did you mean \"max-message\"?");
  CHECK_EQ(set_option(options, "zzzzzzzzzz", "1"), "unknown option \"zzzzzzzzzz\"");
}

TEST(the_structured_path_must_not_be_a_room) {
  Options options = default_options();
  CHECK_EQ(finish_options(options), "");
  for (const char* room : {"/chat/", "/chat/x", "/chat/x/y"}) {
    CHECK_EQ(set_option(options, "structured-path", room), "");
    CHECK(finish_options(options).find(room) != std::string::npos);
  }
  CHECK_EQ(set_option(options, "path", "/chat"), "");
  CHECK_EQ(finish_options(options), "");
}

TEST(paths_must_be_absolute_and_plain) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "path", "/talk/"), "");
  for (const char* bad : {"", "chat", "/a?b", "/a b", "/a#b"}) CHECK(!set_option(options, "path", bad).empty());
  CHECK_EQ(options.path, "/talk/");
}

TEST(home_may_be_empty) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "home", ""), "");
  CHECK_EQ(options.home, "");
}

TEST(origins_are_read_as_a_list) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "allowed-origins", "https://a.example  https://b.example:8443, null"), "");
  CHECK_EQ(set_option(options, "allowed-origins", "https://c.example a.example"),
           "\"a.example\" is not an origin, expected one like https://example.org or https://example.org:8443, or null "
           "for pages from files");
  for (const char* origin : {"https://a.example", "https://b.example:8443", "null"})
    CHECK(options.allowed_origins.allow(origin, "chat.example", true));
  CHECK(!options.allowed_origins.allow("https://c.example", "chat.example", true));
}

TEST(texts_must_be_utf8) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "close-reply", "\xff"), "not valid UTF-8");
}

TEST(a_close_word_that_cannot_be_sent_is_refused) {
  Options options = default_options();
  CHECK_EQ(finish_options(options), "");
  CHECK_EQ(set_option(options, "max-message", "3"), "");
  CHECK(!finish_options(options).empty());
}

TEST(only_options_of_hub_and_rooms_conflict) {
  Options a = default_options();
  Options b = default_options();
  b.max_message = 1;
  b.path = "/x";
  CHECK(hub_conflicts(a, b).empty());
  b.hub.max_lag = 5000;
  CHECK_EQ(hub_conflicts(a, b).size(), 1u);
  CHECK_EQ(hub_conflicts(a, b)[0], "max-lag (1048576 and 5000)");
}

TEST(an_option_of_rooms_can_be_set_for_one_namespace) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "typing/history-size", "0"), "");
  CHECK_EQ(set_option(options, "history-age", "7"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK_EQ(options.hub.namespaces.size(), 1u);
  const auto& [name, rooms] = options.hub.namespaces.front();
  CHECK_EQ(name, "typing");
  CHECK_EQ(rooms.history.messages, 0u);
  CHECK_EQ(rooms.history.age, 7'000'000);
  CHECK_EQ(options.hub.rooms.history.messages, 100u);
}

TEST(a_wrong_option_of_a_namespace_is_an_error) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "typing/history-size", "x"),
           "\"x\" is not a whole number, expected 0 to 1000000 messages");
  CHECK_EQ(set_option(options, "typing/max-clients", "1"),
           "\"max-clients\" is not an option of rooms, so a namespace cannot set it");
  CHECK_EQ(set_option(options, "typing/history-siz", "1"),
           "unknown option \"typing/history-siz\", did you mean \"typing/history-size\"?");
  for (const char* bad : {"/replay", "a b/replay", "a:b/replay", "a.b/replay", "a/b/replay"})
    CHECK(set_option(options, bad, "1").find("is not a namespace") != std::string::npos);
  CHECK_EQ(finish_options(options), "");
  CHECK(options.hub.namespaces.empty());
}

TEST(durations_are_kept_in_microseconds) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "flush-interval", "3"), "");
  CHECK_EQ(set_option(options, "pong-timeout", "7"), "");
  CHECK_EQ(options.hub.flush_interval, 3000);
  CHECK_EQ(options.pong_timeout, 7'000'000);
}

TEST(addresses_are_parsed_when_they_are_set) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "trusted-proxies", "10.0.0.0/8, ::1"), "");
  CHECK_EQ(options.trusted_proxies.size(), 2u);
  CHECK(!set_option(options, "trusted-proxies", "10.0.0.0/8 nonsense").empty());
  CHECK_EQ(options.trusted_proxies.size(), 2u);
}

TEST(a_choice_is_one_of_its_words) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "fanout", "uring"), "");
  CHECK(options.fanout == FanoutMode::kUring);
  CHECK_EQ(set_option(options, "fanout", "writ"), "\"writ\" is not known, expected auto or write or uring");
}

TEST(vhosts_of_a_hub_must_agree_on_namespaces) {
  Options a = default_options();
  Options b = default_options();
  CHECK_EQ(set_option(a, "typing/history-size", "0"), "");
  CHECK_EQ(hub_conflicts(a, b).size(), 1u);
  CHECK_EQ(hub_conflicts(a, b)[0], "typing/history-size (0 and 100)");
  CHECK_EQ(set_option(b, "typing/history-size", "0"), "");
  CHECK(hub_conflicts(a, b).empty());
}

TEST(rooms_are_durable_with_storage_and_a_history_only) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "history-in-memory", "7"), "");
  CHECK_EQ(set_option(options, "typing/history-size", "0"), "");
  CHECK_EQ(set_option(options, "draft/durable", "0"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK(!has_durable_rooms(options));
  CHECK(!hub_settings(options).rooms.durable);
  CHECK_EQ(hub_settings(options).rooms.history.in_memory, UINT64_MAX);
  CHECK_EQ(set_option(options, "storage", "/tmp/rooms.db"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK(has_durable_rooms(options));
  HubSettings settings = hub_settings(options);
  CHECK(settings.rooms.durable);
  CHECK_EQ(settings.rooms.history.in_memory, 7u);
  CHECK_EQ(settings.namespaces.size(), 2u);
  for (const auto& [name, rooms] : settings.namespaces) {
    CHECK(!rooms.durable);
    CHECK_EQ(rooms.history.in_memory, UINT64_MAX);
  }
}

TEST(options_of_storage_are_typed) {
  Options options = default_options();
  CHECK(!options.storage.on());
  CHECK_EQ(options.storage.max_bytes, uint64_t{1} << 30);
  CHECK(options.storage.sync == StorageSync::kNormal);
  CHECK_EQ(set_option(options, "storage", "rooms.db"), "");
  CHECK_EQ(set_option(options, "storage-sync", "full"), "");
  CHECK_EQ(set_option(options, "storage-sync", "off"), "\"off\" is not known, expected normal or full");
  CHECK_EQ(set_option(options, "storage-max", "1000"),
           "\"1000\" is out of range, expected 1048576 to 1099511627776 bytes");
  CHECK(options.storage.sync == StorageSync::kFull);
  CHECK_EQ(finish_options(options), "storage \"rooms.db\" is a relative path, write an absolute one");
}

TEST(vhosts_of_a_hub_must_agree_on_storage) {
  Options a = default_options();
  Options b = default_options();
  CHECK_EQ(set_option(a, "storage", "/tmp/rooms.db"), "");
  CHECK_EQ(hub_conflicts(a, b).size(), 1u);
  CHECK_EQ(hub_conflicts(a, b)[0], "storage (/tmp/rooms.db and )");
}

TEST(options_of_redis_are_typed) {
  Options options = default_options();
  CHECK(!options.redis.on());
  CHECK_EQ(options.redis.prefix, "centrifugo");
  CHECK_EQ(set_option(options, "redis", "redis://10.0.0.5:6379 redis://10.0.0.6:6379"), "");
  CHECK_EQ(set_option(options, "redis-password-file", "/etc/lws-chatd/redis-password"), "");
  CHECK_EQ(set_option(options, "redis-tls-ca-file", "/etc/lws-chatd/redis-ca.pem"), "");
  CHECK_EQ(options.redis.servers, "redis://10.0.0.5:6379 redis://10.0.0.6:6379");
  CHECK_EQ(options.redis.password_file, "/etc/lws-chatd/redis-password");
  CHECK_EQ(options.redis.tls_ca_file, "/etc/lws-chatd/redis-ca.pem");
  CHECK_EQ(set_option(options, "redis-prefix", "chat"), "");
  std::string longest(100, 'x');
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("\n"), std::string("é"), longest + "x"})
    CHECK(set_option(options, "redis-prefix", bad).find("is not a prefix, expected 1 to 100") != std::string::npos);
  CHECK_EQ(set_option(options, "redis-prefix", "a\x01").substr(0, 25), "\"a\\x01\" is not a prefix, ");
  CHECK(set_option(options, "redis-prefix", std::string(300, 'x')).size() < 200);
  CHECK_EQ(options.redis.prefix, "chat");
  CHECK_EQ(set_option(options, "redis-prefix", longest), "");
}

TEST(rooms_are_shared_with_redis_only_unless_their_broker_is_local) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "typing/broker", "local"), "");
  CHECK_EQ(set_option(options, "broker", "redis"), "\"redis\" is not known, expected local or shared");
  CHECK_EQ(finish_options(options), "");
  CHECK(!hub_settings(options).rooms.shared);
  CHECK_EQ(set_option(options, "redis", "redis://10.0.0.5"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK(hub_settings(options).rooms.shared);
  CHECK(!hub_settings(options).namespaces[0].second.shared);
  CHECK_EQ(set_option(options, "broker", "local"), "");
  CHECK_EQ(set_option(options, "news/broker", "shared"), "");
  CHECK_EQ(finish_options(options), "");
  HubSettings settings = hub_settings(options);
  CHECK(!settings.rooms.shared);
  CHECK_EQ(settings.namespaces[0].first, "news");
  CHECK(settings.namespaces[0].second.shared && !settings.namespaces[1].second.shared);
}

TEST(a_shared_room_is_not_durable) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "redis", "redis://10.0.0.5"), "");
  CHECK_EQ(set_option(options, "storage", "/tmp/rooms.db"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK(!has_durable_rooms(options));
  CHECK(hub_settings(options).rooms.shared && !hub_settings(options).rooms.durable);
  CHECK_EQ(set_option(options, "kept/broker", "local"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK(has_durable_rooms(options));
  CHECK(hub_settings(options).namespaces[0].second.durable);
}

TEST(a_namespace_that_is_durable_and_shared_contradicts_itself) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "redis", "redis://10.0.0.5"), "");
  CHECK_EQ(set_option(options, "kept/durable", "1"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK_EQ(set_option(options, "storage", "/tmp/rooms.db"), "");
  CHECK_EQ(finish_options(options).substr(0, 60), "kept/durable is on, but the rooms of \"kept\" are in Redis, an");
  CHECK_EQ(set_option(options, "kept/broker", "local"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK_EQ(set_option(options, "kept/broker", "shared"), "");
  CHECK_EQ(set_option(options, "kept/durable", "0"), "");
  CHECK_EQ(finish_options(options), "");
}

TEST(vhosts_of_a_hub_must_agree_on_redis_and_a_password_in_it_is_not_printed) {
  Options a = default_options();
  Options b = default_options();
  CHECK_EQ(set_option(a, "redis", "redis://:s3c@ret@10.0.0.5:6379/1 redis://chat@10.0.0.6 unix:/run/a:b@c"), "");
  CHECK_EQ(hub_conflicts(a, b).size(), 1u);
  CHECK_EQ(hub_conflicts(a, b)[0], "redis (redis://@10.0.0.5:6379/1 redis://chat@10.0.0.6 unix:/run/a:b@c and )");
}

TEST(options_of_back_ends_are_typed) {
  Options options = default_options();
  CHECK_EQ(options.hooks.timeout, 1'000'000);
  CHECK(!options.hooks.any());
  CHECK_EQ(set_option(options, "sub-refresh-url", "unix:/run/site:/hook"), "");
  CHECK_EQ(options.hooks.url(HookKind::kSubRefresh), "unix:/run/site:/hook");
  CHECK(options.hooks.any());
  CHECK_EQ(set_option(options, "hook-timeout", "250"), "");
  CHECK_EQ(options.hooks.timeout, 250'000);
  CHECK_EQ(set_option(options, "hook-headers", "Cookie X-Real-IP"), "");
  CHECK_EQ(options.hooks.forwarded_headers.size(), 2u);
  CHECK_EQ(set_option(options, "hook-status", "401:disconnect:4501:sign in"), "");
  CHECK_EQ(options.hooks.statuses.size(), 1u);
  CHECK(!set_option(options, "connect-url", "back-end").empty());
  CHECK_EQ(set_option(options, "chat/sub-refresh-hook", "1"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK(options.hub.namespaces[0].second.sub_refresh_hook && !options.hub.rooms.sub_refresh_hook);
  CHECK_EQ(set_option(options, "sub-refresh-url", ""), "");
  CHECK_EQ(finish_options(options), "sub-refresh-hook is on, but sub-refresh-url is empty");
}

TEST(a_cookie_for_tokens_has_a_name_of_rfc_6265_and_needs_a_list_of_origins) {
  Options options = default_options();
  CHECK_EQ(set_option(options, "token-cookie", "chat token"),
           "\"chat token\" is not a cookie's name, expected letters, digits and some of -_.!#$%&'*+^`|~");
  CHECK_EQ(set_option(options, "token-cookie", "a=b").substr(0, 5), "\"a=b\"");
  CHECK_EQ(options.token_cookie, "");
  CHECK_EQ(set_option(options, "token-cookie", "__Host-chat.token"), "");
  CHECK_EQ(set_option(options, "allowed-origins", "https://page.example"), "");
  CHECK_EQ(finish_options(options), "");
  CHECK_EQ(set_option(options, "allowed-origins", "*"), "");
  CHECK_EQ(finish_options(options).substr(0, 45), "token-cookie is set and allowed-origins has *");
}
