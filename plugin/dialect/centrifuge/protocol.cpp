#include "dialect/centrifuge/protocol.h"

#include <cstddef>

namespace lws_chat {
namespace {

constexpr ProtoType kText = ProtoType::kText;
constexpr ProtoType kJson = ProtoType::kJson;
constexpr ProtoType kFlag = ProtoType::kFlag;
constexpr ProtoType kNumber = ProtoType::kNumber;
constexpr ProtoType kSigned = ProtoType::kSigned;
constexpr ProtoType kObject = ProtoType::kMessage;
constexpr ProtoType kArray = ProtoType::kMessages;
constexpr ProtoType kTextMap = ProtoType::kTextMap;
constexpr ProtoType kMap = ProtoType::kMap;

template <size_t N>
constexpr ProtoMessage message(const ProtoField (&fields)[N]) {
  static_assert(N <= 64, "the reader has a bit for each field");
  return {fields, N};
}

constexpr ProtoMessage kEmpty = {nullptr, 0};

// Parts of several messages.

constexpr ProtoField kChannelFields[] = {{"channel", 1, kText}};
constexpr ProtoMessage kChannel = message(kChannelFields);

constexpr ProtoField kClientInfoFields[] = {
    {"user", 1, kText}, {"client", 2, kText}, {"conn_info", 3, kJson}, {"chan_info", 4, kJson}};
constexpr ProtoMessage kClientInfo = message(kClientInfoFields);

constexpr ProtoField kPublicationFields[] = {
    {"data", kPublicationData, kJson},
    {"info", 5, kObject, &kClientInfo},
    {"offset", 6, kNumber},
    {"tags", 7, kTextMap},
    {"delta", 8, kFlag},
    {"time", 9, kSigned},
    {"version", 16, kNumber},
};
constexpr ProtoMessage kPublication = message(kPublicationFields);

constexpr ProtoField kPositionFields[] = {{"offset", 1, kNumber}, {"epoch", 2, kText}};
constexpr ProtoMessage kPosition = message(kPositionFields);

constexpr ProtoField kDataFields[] = {{"data", 1, kJson}};
constexpr ProtoMessage kData = message(kDataFields);

// Commands.

constexpr ProtoField kFilterFields[] = {{"op", 1, kText}, {"key", 2, kText}, {"cmp", 3, kText}, {"val", 4, kText}};
constexpr ProtoMessage kFilter = message(kFilterFields);

constexpr ProtoField kSubscribeFields[] = {
    {"channel", 1, kText},     {"token", 2, kText},  {"recover", 3, kFlag},         {"epoch", 6, kText},
    {"offset", 7, kNumber},    {"data", 8, kJson},   {"positioned", 9, kFlag},      {"recoverable", 10, kFlag},
    {"join_leave", 11, kFlag}, {"delta", 12, kText}, {"tf", 13, kObject, &kFilter}, {"flag", 14, kSigned},
    {"type", 15, kSigned},
};
constexpr ProtoMessage kSubscribe = message(kSubscribeFields);

constexpr ProtoField kConnectFields[] = {
    {"token", 1, kText}, {"data", 2, kJson},    {"subs", 3, kMap, &kSubscribe},
    {"name", 4, kText},  {"version", 5, kText}, {"headers", 6, kTextMap},
};
constexpr ProtoMessage kConnect = message(kConnectFields);

constexpr ProtoField kPublishFields[] = {{"channel", 1, kText}, {"data", 2, kJson}, {"type", 3, kSigned}};
constexpr ProtoMessage kPublish = message(kPublishFields);

constexpr ProtoField kHistoryFields[] = {
    {"channel", 1, kText}, {"limit", 7, kSigned}, {"since", 8, kObject, &kPosition}, {"reverse", 9, kFlag}};
constexpr ProtoMessage kHistory = message(kHistoryFields);

constexpr ProtoField kRpcFields[] = {{"data", 1, kJson}, {"method", 2, kText}};
constexpr ProtoMessage kRpc = message(kRpcFields);

constexpr ProtoField kRefreshFields[] = {{"token", 1, kText}};
constexpr ProtoMessage kRefresh = message(kRefreshFields);

constexpr ProtoField kSubRefreshFields[] = {{"channel", 1, kText}, {"token", 2, kText}};
constexpr ProtoMessage kSubRefresh = message(kSubRefreshFields);

constexpr ProtoField kCommandFields[] = {
    {"id", 1, kNumber},
    {"connect", 4, kObject, &kConnect},
    {"subscribe", 5, kObject, &kSubscribe},
    {"unsubscribe", 6, kObject, &kChannel},
    {"publish", 7, kObject, &kPublish},
    {"presence", 8, kObject, &kChannel},
    {"presence_stats", 9, kObject, &kChannel},
    {"history", 10, kObject, &kHistory},
    {"ping", 11, kObject, &kEmpty},
    {"send", 12, kObject, &kData},
    {"rpc", 13, kObject, &kRpc},
    {"refresh", 14, kObject, &kRefresh},
    {"sub_refresh", 15, kObject, &kSubRefresh},
};

// Replies.

constexpr ProtoField kErrorFields[] = {{"code", 1, kNumber}, {"message", 2, kText}, {"temporary", 3, kFlag}};
constexpr ProtoMessage kError = message(kErrorFields);

constexpr ProtoField kSubscribedFields[] = {
    {"expires", 1, kFlag},
    {"ttl", 2, kNumber},
    {"recoverable", 3, kFlag},
    {"epoch", 6, kText},
    {"publications", 7, kArray, &kPublication},
    {"recovered", 8, kFlag},
    {"offset", 9, kNumber},
    {"positioned", 10, kFlag},
    {"data", 11, kJson},
    {"was_recovering", 12, kFlag},
    {"delta", 13, kFlag},
};
constexpr ProtoMessage kSubscribed = message(kSubscribedFields);

constexpr ProtoField kConnectedFields[] = {
    {"client", 1, kText}, {"version", 2, kText}, {"expires", 3, kFlag},
    {"ttl", 4, kNumber},  {"data", 5, kJson},    {"subs", 6, kMap, &kSubscribed},
    {"ping", 7, kNumber}, {"pong", 8, kFlag},    {"session", 9, kText},
    {"node", 10, kText},
};
constexpr ProtoMessage kConnected = message(kConnectedFields);

constexpr ProtoField kPresenceFields[] = {{"presence", 1, kMap, &kClientInfo}};
constexpr ProtoMessage kPresence = message(kPresenceFields);

constexpr ProtoField kPresenceStatsFields[] = {{"num_clients", 1, kNumber}, {"num_users", 2, kNumber}};
constexpr ProtoMessage kPresenceStats = message(kPresenceStatsFields);

constexpr ProtoField kHistoryResultFields[] = {
    {"publications", 1, kArray, &kPublication}, {"epoch", 2, kText}, {"offset", 3, kNumber}};
constexpr ProtoMessage kHistoryResult = message(kHistoryResultFields);

constexpr ProtoField kRefreshedFields[] = {
    {"client", 1, kText}, {"version", 2, kText}, {"expires", 3, kFlag}, {"ttl", 4, kNumber}};
constexpr ProtoMessage kRefreshed = message(kRefreshedFields);

constexpr ProtoField kExpiryFields[] = {{"expires", 1, kFlag}, {"ttl", 2, kNumber}};
constexpr ProtoMessage kExpiry = message(kExpiryFields);

// Pushes.

constexpr ProtoField kJoinFields[] = {{"info", kJoinInfo, kObject, &kClientInfo}};
constexpr ProtoMessage kJoin = message(kJoinFields);

constexpr ProtoField kUnsubscribedFields[] = {{"code", 2, kNumber}, {"reason", 3, kText}};
constexpr ProtoMessage kUnsubscribed = message(kUnsubscribedFields);

constexpr ProtoField kPutInFields[] = {{"recoverable", 1, kFlag},
                                       {"epoch", 4, kText},
                                       {"offset", 5, kNumber},
                                       {"positioned", 6, kFlag},
                                       {"data", 7, kJson}};
constexpr ProtoMessage kPutIn = message(kPutInFields);

constexpr ProtoField kDisconnectFields[] = {{"code", 1, kNumber}, {"reason", 2, kText}, {"reconnect", 3, kFlag}};
constexpr ProtoMessage kDisconnect = message(kDisconnectFields);

constexpr ProtoField kPushFields[] = {
    {"channel", kPushChannel, kText},
    {"pub", kPushPublication, kObject, &kPublication},
    {"join", kPushJoin, kObject, &kJoin},
    {"leave", kPushLeave, kObject, &kJoin},
    {"unsubscribe", 7, kObject, &kUnsubscribed},
    {"message", 8, kObject, &kData},
    {"subscribe", 9, kObject, &kPutIn},
    {"disconnect", 11, kObject, &kDisconnect},
    {"refresh", 12, kObject, &kExpiry},
};
constexpr ProtoMessage kPush = message(kPushFields);

constexpr ProtoField kReplyFields[] = {
    {"id", 1, kNumber},
    {"error", 2, kObject, &kError},
    {"push", kReplyPush, kObject, &kPush},
    {"connect", 5, kObject, &kConnected},
    {"subscribe", 6, kObject, &kSubscribed},
    {"unsubscribe", 7, kObject, &kEmpty},
    {"publish", 8, kObject, &kEmpty},
    {"presence", 9, kObject, &kPresence},
    {"presence_stats", 10, kObject, &kPresenceStats},
    {"history", 11, kObject, &kHistoryResult},
    {"ping", 12, kObject, &kEmpty},
    {"rpc", 13, kObject, &kData},
    {"refresh", 14, kObject, &kRefreshed},
    {"sub_refresh", 15, kObject, &kExpiry},
};

}  // namespace

const ProtoMessage kProtoCommand = message(kCommandFields);
const ProtoMessage kProtoReply = message(kReplyFields);
const ProtoMessage kProtoClientInfo = kClientInfo;
const ProtoMessage kProtoPublication = kPublication;

}  // namespace lws_chat
