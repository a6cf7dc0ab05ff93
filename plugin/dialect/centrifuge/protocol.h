#pragma once

#include "wire/protobuf.h"

// The messages of Centrifuge's client protocol (github.com/centrifugal/protocol, definitions/client.proto), as far as
// we read and write them.
namespace lws_chat {

extern const ProtoMessage kProtoCommand;
extern const ProtoMessage kProtoReply;
extern const ProtoMessage kProtoClientInfo;
extern const ProtoMessage kProtoPublication;

// Numbers of fields, for what is encoded without JSON in between.
enum : uint32_t {
  kReplyPush = 4,
  kPushChannel = 2,
  kPushPublication = 4,
  kPushJoin = 5,
  kPushLeave = 6,
  kJoinInfo = 1,  // of Join and Leave
  kPublicationData = 4,
};

}  // namespace lws_chat
