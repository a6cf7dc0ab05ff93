#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// A page of another site that may read an answer.
struct ForeignPage {
  std::string origin{};      // empty: none, only pages of this server may
  bool credentials = false;  // it may use its visitor's cookies
};

// The answer to an HTTP request.
struct HttpAnswer {
  unsigned status = 200;
  std::string body;
  std::string_view type = "application/json";
  std::string allow{};  // the possible methods, for 405 and 204
  ForeignPage page{};
  std::string why{};                      // reason of a refusal, for the log
  std::string_view challenge = "apikey";  // for 401
  bool stream = false;                    // headers of an event stream, for HEAD
  bool noted = false;                     // note_refusal() was called, so the log needs no line
};

// A refusal: {"error":{"code":STATUS,"message":WHY}}.
HttpAnswer refusal(unsigned status, std::string_view why);

}  // namespace lws_chat
