#pragma once

#include <libwebsockets.h>

#include <unordered_map>

namespace lws_chat {

// Which requests come behind one another on connections of HTTP/1.1.
//
// lws keeps what it has read behind a request, and reads the next request from there. Of that one it then gives the
// head as the body, with the key in it (4.1 and 4.3). So no request may be read from there: when one has been answered
// and lws has read more, the connection ends. The plugin hears of the end of most answers that lws gives by itself, as
// of files. After the others, as HEAD for a file, a request with a body is refused.
//
// In lwsws only the first request of a connection is announced, to the vhost's default protocol; the others are
// announced to a protocol of lws's own.
class HttpConnections {
 public:
  enum class Place {
    kFirst,   // lws has read nothing of it behind another request
    kBehind,  // it may have
    kUnknown  // it was not announced
  };

  // FILTER_HTTP_CONNECTION, which announces a request: returns what the callback has to return.
  int begun(lws* wsi);

  // When a request has been answered: lets another one in, or ends the connection. Returns what the callback has to
  // return. The callback's memory for the connection may be gone after it.
  int answered(lws* wsi);

  // CLOSED_HTTP
  void closed(lws* wsi) { open_.erase(wsi); }

  // That of a POST which has come.
  Place place_of_post(lws* wsi) const;

 private:
  struct Open {
    bool is_post;
    Place place;
  };
  std::unordered_map<const lws*, Open> open_;  // the connections with a request that is not answered
};

// True if the request lets another one follow on its connection, as far as it says so and is understood.
bool lets_another_follow(lws* wsi);

}  // namespace lws_chat
