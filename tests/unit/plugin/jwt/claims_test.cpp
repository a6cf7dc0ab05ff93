#include "jwt/claims.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

template <typename Claims>
std::string read(const std::string& json, Claims& claims) {
  JsonObject payload;
  RegisteredClaims registered;
  CHECK_EQ(payload.read(json), "");
  std::string problem = read_registered(payload, registered);
  return problem.empty() ? read_claims(payload, registered, claims) : problem;
}

ConnectionClaims connection(const std::string& json) {
  ConnectionClaims claims;
  CHECK_EQ(read(json, claims), "");
  return claims;
}

SubscriptionClaims subscription(const std::string& json) {
  SubscriptionClaims claims;
  CHECK_EQ(read(json, claims), "");
  return claims;
}

std::string connection_problem(const std::string& json) {
  ConnectionClaims claims;
  return read(json, claims);
}

std::string subscription_problem(const std::string& json) {
  SubscriptionClaims claims;
  return read(json, claims);
}

RegisteredClaims registered_in(const std::string& json) {
  JsonObject payload;
  RegisteredClaims claims;
  CHECK_EQ(payload.read(json), "");
  CHECK_EQ(read_registered(payload, claims), "");
  return claims;
}

}  // namespace

TEST(a_connection_has_its_claims) {
  ConnectionClaims claims = connection(
      R"({"sub":"42","exp":2000,"iat":1000,"jti":"t1","info":{"name":"Zo\u00eb"},"meta":[1, 2],"unknown":{"a":[]}})");
  CHECK_EQ(claims.user, "42");
  CHECK_EQ(claims.id, "t1");
  CHECK_EQ(claims.issued_at, 1000);
  CHECK_EQ(claims.expires_at, 2000);
  CHECK_EQ(claims.info, R"({"name":"Zo\u00eb"})");
  CHECK_EQ(claims.meta, "[1, 2]");
  CHECK(claims.subscriptions.empty());
  claims = connection("{}");
  CHECK_EQ(claims.user, "");
  CHECK_EQ(claims.expires_at, 0);
}

TEST(expire_at_counts_instead_of_exp) {
  CHECK_EQ(connection(R"({"exp":2000,"expire_at":3000})").expires_at, 3000);
  CHECK_EQ(connection(R"({"exp":2000,"expire_at":0})").expires_at, 0);
  CHECK_EQ(connection(R"({"exp":2000,"expire_at":-5})").expires_at, 0);
  CHECK_EQ(connection(R"({"exp":2000,"expire_at":null})").expires_at, 2000);
  CHECK_EQ(subscription(R"({"channel":"a","exp":2000,"expire_at":3000})").expires_at, 3000);
  for (const char* wrong : {"\"3000\"", "3000.5", "true", "[]", "1e3", "99999999999999999999"})
    CHECK_EQ(connection_problem(std::string("{\"expire_at\":") + wrong + "}"),
             "its expire_at is not a whole number of seconds");
}

TEST(times_are_numbers) {
  CHECK_EQ(*registered_in(R"({"exp":1300819380})").expires, 1300819380);
  CHECK_EQ(*registered_in(R"({"exp":1300819380.25})").expires, 1300819381);
  CHECK_EQ(*registered_in(R"({"nbf":1.5e9})").not_before, 1500000000);
  CHECK_EQ(*registered_in(R"({"exp":-1})").expires, -1);
  CHECK(!registered_in(R"({"exp":null})").expires);
  for (const char* name : {"exp", "nbf", "iat"})
    for (const char* wrong : {"\"1300819380\"", "true", "[1]", "{}", "1e300", "1e400", "-1e400", "9007199254740993",
                              "123456789012345678901234567890"})
      CHECK_EQ(connection_problem("{\"" + std::string(name) + "\":" + wrong + "}"),
               "its " + std::string(name) + " is not a number of seconds since 1970");
}

TEST(an_audience_is_a_text_or_a_list_of_texts) {
  CHECK_EQ(registered_in(R"({"aud":"a"})").audience.at(0), "a");
  CHECK_EQ(registered_in(R"({"aud":["a","b"]})").audience.at(1), "b");
  CHECK(registered_in(R"({"aud":[]})").audience.empty());
  CHECK_EQ(connection_problem(R"({"aud":5})"), "its aud is not a text or a list of texts");
  CHECK_EQ(connection_problem(R"({"aud":["a",5]})"), "its aud is not a list of texts");
}

TEST(texts_of_another_type_are_refused) {
  for (const char* name : {"sub", "jti", "iss", "b64info", "channel"})
    CHECK_EQ(connection_problem("{\"" + std::string(name) + "\":42}"), "its " + std::string(name) + " is not a text");
  for (const char* name : {"client", "b64info", "b64data"})
    CHECK_EQ(subscription_problem("{\"channel\":\"a\",\"" + std::string(name) + "\":42}"),
             "its " + std::string(name) + " is not a text");
  CHECK_EQ(connection_problem(R"({"sub":"\ud800"})"), "its sub is not a text");
}

TEST(info_may_be_json_in_base64) {
  CHECK_EQ(connection(R"({"b64info":"eyJhIjoxfQ==","info":{"b":2}})").info, R"({"a":1})");
  CHECK_EQ(connection(R"({"b64info":"","info":{"b":2}})").info, R"({"b":2})");
  CHECK_EQ(connection(R"({"info":null})").info, "");
  CHECK_EQ(connection("{\"info\":{\"a\":\n1}}").info, "{\"a\": 1}");
  CHECK_EQ(connection_problem(R"({"b64info":"eyJhIjoxfQ"})"), "its b64info is not base64");
  CHECK_EQ(connection_problem(R"({"b64info":"!"})"), "its b64info is not base64");
  CHECK_EQ(connection_problem(R"({"b64info":"AAECAw=="})"), "its b64info is not JSON in base64");
  CHECK_EQ(connection_problem(R"({"b64info":"/w=="})"), "its b64info is not JSON in base64");
}

TEST(a_connection_has_no_channel) {
  CHECK_EQ(connection_problem(R"({"channel":"a"})"),
           "it is the token of a subscription: a connection's has no channel");
  CHECK_EQ(connection_problem(R"({"channel":""})"), "");
  CHECK_EQ(subscription_problem(R"({"sub":"42"})"), "it is not the token of a subscription: it has no channel");
  CHECK_EQ(subscription_problem(R"({"channel":""})"), "it is not the token of a subscription: it has no channel");
}

TEST(channels_are_rooms_to_join) {
  ConnectionClaims claims = connection(R"({"channels":["a","b","a"]})");
  CHECK_EQ(claims.subscriptions.size(), size_t{2});
  CHECK_EQ(claims.subscriptions[0].room, "a");
  CHECK_EQ(claims.subscriptions[1].room, "b");
  CHECK_EQ(connection_problem(R"({"channels":"a"})"), "its channels are not a list");
  CHECK_EQ(connection_problem(R"({"channels":["a",1]})"), "its channels are not a list of texts");
}

TEST(subs_count_instead_of_channels) {
  ConnectionClaims claims = connection(
      R"({"channels":["a"],"subs":{"b":{"info":{"i":1},"b64data":"WzFd","override":{"presence":{"value":false},)"
      R"("join_leave":{"value":true},"force_recovery":{},"force_positioning":null}},"c":null}})");
  CHECK_EQ(claims.subscriptions.size(), size_t{2});
  const ServerSubscription& b = claims.subscriptions[0];
  CHECK_EQ(b.room, "b");
  CHECK_EQ(b.info, R"({"i":1})");
  CHECK_EQ(b.data, "[1]");
  CHECK(b.override.presence == std::optional<bool>(false));
  CHECK(b.override.join_leave == std::optional<bool>(true));
  CHECK(b.override.force_recovery == std::optional<bool>(false));
  CHECK(!b.override.force_positioning);
  CHECK(!b.override.force_push_join_leave);
  CHECK_EQ(claims.subscriptions[1].room, "c");
  claims = connection(R"({"channels":["a"],"subs":{}})");
  CHECK_EQ(claims.subscriptions.at(0).room, "a");
  CHECK_EQ(connection_problem(R"({"subs":["a"]})"), "its subs is not a JSON object");
  CHECK_EQ(connection_problem(R"({"subs":{"a":1}})"), "a room among its subs is not a JSON object");
  CHECK_EQ(connection_problem(R"({"subs":{"a":{},"a":{}}})"), "its subs has a member twice");
  CHECK_EQ(connection_problem(R"({"subs":{"a":{"override":1}}})"), "its override is not a JSON object");
  CHECK_EQ(connection_problem(R"({"subs":{"a":{"override":{"presence":true}}}})"),
           "its override of presence is not {\"value\": true} or false");
  CHECK_EQ(connection_problem(R"({"subs":{"a":{"override":{"presence":{"value":1}}}}})"),
           "its override of presence is not {\"value\": true} or false");
}

TEST(a_subscription_has_its_claims) {
  SubscriptionClaims claims =
      subscription(R"({"sub":"42","channel":"$room","client":"c1","info":1,"data":"d","exp":2000,"iat":1,"jti":"t",)"
                   R"("override":{"force_push_join_leave":{"value":true}}})");
  CHECK_EQ(claims.user, "42");
  CHECK_EQ(claims.room, "$room");
  CHECK_EQ(claims.client, "c1");
  CHECK_EQ(claims.info, "1");
  CHECK_EQ(claims.data, "\"d\"");
  CHECK_EQ(claims.expires_at, 2000);
  CHECK_EQ(claims.issued_at, 1);
  CHECK_EQ(claims.id, "t");
  CHECK(claims.override.force_push_join_leave == std::optional<bool>(true));
}
