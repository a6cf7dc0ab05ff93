#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/hub.h"

namespace lws_chat {

// Requests to the HTTP endpoints of back ends, by method and HTTP status.
using ApiCalls = std::map<std::pair<std::string, unsigned>, uint64_t>;

// When certificates expire, in seconds since 1970, by the vhost's name and port.
using CertificateExpiries = std::map<std::pair<std::string, int>, uint64_t>;

// What is counted outside of a hub.
struct ServerFacts {
  std::string_view fanout;       // how messages leave
  std::string_view lws_version;  // of the library that runs
  bool draining = false;
  const ApiCalls& api_calls;
  const CertificateExpiries& certificates;
};

// All numbers of a hub in Prometheus's text format
// (prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4).
std::string metrics_text(const Hub& hub, const ServerFacts& facts);

}  // namespace lws_chat
