#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// What an HTTP request is answered with.
struct HttpAnswer {
  unsigned status = 200;
  std::string body;
  std::string_view type = "application/json";
  std::string allow{};  // of 405 and 204: the methods that are possible
  std::string cors{};   // the origin of another site's page that may read it; empty: none
  std::string why{};    // of a refusal: for the log
  bool stream = false;  // has the headers of an event stream, for HEAD
};

// An answer that says why not: {"error":{"code":STATUS,"message":WHY}}.
HttpAnswer refusal(unsigned status, std::string_view why);

}  // namespace lws_chat
