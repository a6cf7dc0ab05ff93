#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the surveys of Centrifugo 6.9 ask and answer (control.h): protobuf messages in the `data` of SurveyRequest and
// SurveyResponse. Views of what was read are into its bytes.
namespace lws_chat {

// Codes of answers to "channels" and to what a node does not know.
inline constexpr uint32_t kSurveyFailed = 1;
inline constexpr uint32_t kSurveyMalformed = 2;
inline constexpr uint32_t kSurveyUnknown = 3;
inline constexpr uint32_t kSurveyTooMany = 4;  // rooms for one answer: Centrifugo does not say this

// Which rooms have clients: github.com/centrifugal/centrifugo, internal/apiproto/api.proto.
inline constexpr std::string_view kSurveyChannels = "channels";

struct ChannelsQuestion {
  std::string_view pattern{};  // a glob; empty: all rooms
};

struct ChannelsAnswer {
  struct Clients {
    uint32_t number = 0;
  };
  struct Channel {
    std::string_view name;
    Clients clients{};
  };
  std::vector<Channel> channels{};
};

// A client without WebSocket has sent something, and the node that got it is not the one that has the client's session:
// github.com/centrifugal/protocol, definitions/client.proto.
inline constexpr std::string_view kSurveyEmulation = "centrifuge_emulation";
inline constexpr uint32_t kEmulationMalformed = 1;  // codes of its answers
inline constexpr uint32_t kEmulationNoSession = 2;

struct EmulationQuestion {
  std::string_view node;  // that has the session
  std::string_view session;
  std::string_view data;  // of a client that speaks JSON: a JSON string
};

void append_survey(std::string& bytes, const ChannelsQuestion& question);
void append_survey(std::string& bytes, const ChannelsAnswer& answer);
void append_survey(std::string& bytes, const EmulationQuestion& question);

// Read data, which may be anything. They return false if it is malformed.
[[nodiscard]] bool read_survey(std::string_view bytes, ChannelsQuestion& question);
[[nodiscard]] bool read_survey(std::string_view bytes, ChannelsAnswer& answer);
[[nodiscard]] bool read_survey(std::string_view bytes, EmulationQuestion& question);

}  // namespace lws_chat
