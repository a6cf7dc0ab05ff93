#include "wire/compression_offer.h"

#include <algorithm>
#include <array>

namespace lws_chat {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes the first part off a list.
std::string_view take(std::string_view& list, char separator) {
  std::string_view part = list.substr(0, list.find(separator));
  list.remove_prefix(std::min(list.size(), part.size() + 1));
  return trimmed(part);
}

enum class Value { kNone, kOptional, kRequired };

struct Parameter {
  std::string_view name;
  Value value;
};

// RFC 7692 section 7.1.
constexpr size_t kServerWindow = 2;
constexpr std::array<Parameter, 4> kParameters = {{{"server_no_context_takeover", Value::kNone},
                                                   {"client_no_context_takeover", Value::kNone},
                                                   {"server_max_window_bits", Value::kRequired},
                                                   {"client_max_window_bits", Value::kOptional}}};

constexpr std::string_view kOurWindow = "15";

bool is_window(std::string_view bits) {
  return bits == "8" || bits == "9" || (bits.size() == 2 && bits[0] == '1' && bits[1] >= '0' && bits[1] <= '5');
}

// What a client offers, without the name.
struct Offer {
  bool valid = true;  // RFC 7692 section 7.1: others must be declined
  bool names_window = false;
  bool small_window = false;  // for messages of the server
};

Offer read_offer(std::string_view parameters) {
  Offer offer;
  std::array<bool, kParameters.size()> seen{};
  while (!parameters.empty()) {
    std::string_view value = take(parameters, ';');
    bool has_value = value.find('=') != std::string_view::npos;
    std::string_view name = take(value, '=');
    size_t at = 0;
    while (at < kParameters.size() && kParameters[at].name != name) ++at;
    if (at == kParameters.size() || seen[at]) return {false};
    seen[at] = true;
    value = trimmed(value);
    if (has_value ? kParameters[at].value == Value::kNone || !is_window(value)
                  : kParameters[at].value == Value::kRequired)
      return {false};
    if (at != kServerWindow) continue;
    offer.names_window = true;
    offer.small_window = value != kOurWindow;
  }
  return offer;
}

}  // namespace

std::string accept_compression(std::string_view extensions) {
  // Quoted values need a parser of their own, and nobody sends them. lws separates names at tabs.
  if (extensions.find_first_of("\"\t") != std::string_view::npos) return {};
  bool bare = false;
  std::string answer;
  while (!extensions.empty()) {
    std::string_view parameters = take(extensions, ',');
    bool has_parameters = parameters.find(';') != std::string_view::npos;
    if (take(parameters, ';') != kCompressionName) continue;
    // lws ends the connection if the name comes again behind one without parameters.
    if (bare) return {};
    if (answer.empty()) bare = !has_parameters;
    Offer offer = read_offer(parameters);
    if (!answer.empty() || !offer.valid || offer.small_window) continue;
    answer = "; server_no_context_takeover; client_no_context_takeover";
    if (offer.names_window) answer.append("; server_max_window_bits=").append(kOurWindow);
  }
  return answer;
}

size_t end_of_reading(std::string_view extensions) {
  std::string_view rest = extensions;
  while (!rest.empty()) {
    std::string_view parameters = take(rest, ',');
    bool has_parameters = parameters.find(';') != std::string_view::npos;
    if (take(parameters, ';') != kCompressionName) continue;
    return has_parameters ? extensions.size() - rest.size() : extensions.size();
  }
  return extensions.size();
}

}  // namespace lws_chat
