#include "lws/http/emulation.h"

#include <string>
#include <vector>

#include "core/utf8.h"
#include "lws/clock.h"
#include "lws/http/emulated_sessions.h"
#include "lws/http/header.h"
#include "lws/http/structured_entrance.h"
#include "lws/http/structured_stream.h"
#include "lws/vhost/admission.h"
#include "lws/vhost/vhost.h"
#include "wire/json.h"
#include "wire/protobuf.h"

namespace lws_chat {
namespace {

// Bytes of a request besides the message.
constexpr uint64_t kEnvelope = 512;

struct Emulation {
  std::string session;
  std::string node;
  std::string data;
  std::string quoted{};  // `data` as a JSON string, as it came; of a client that speaks JSON
};

// Precondition: the body is UTF-8.
bool read_emulation(std::string_view body, Emulation& request) {
  JsonValue whole;
  if (!read_json(body, whole) || whole.kind != JsonKind::kObject) return false;
  bool has_data = false;
  for (const JsonMember& member : members_of(whole)) {
    std::string* field = member.name == "session" ? &request.session
                         : member.name == "node"  ? &request.node
                         : member.name == "data"  ? &request.data
                                                  : nullptr;
    if (!field) continue;
    if (member.value.kind != JsonKind::kString) return false;
    *field = unquoted(member.value);
    if (field != &request.data) continue;
    has_data = true;
    request.quoted = member.value.text;
  }
  return has_data && !request.session.empty();
}

// EmulationRequest of definitions/client.proto.
bool read_emulation_in_proto(std::string_view body, Emulation& request) {
  std::string_view node, session, data;
  if (!find_proto_field(body, 1, node) || !find_proto_field(body, 2, session) || !find_proto_field(body, 3, data))
    return false;
  request = {std::string(session), std::string(node), std::string(data)};
  return !session.empty();
}

HttpAnswer no_session() {
  const StatusRow& row = describe(Status::kNoSession);
  return refusal(row.http_status, row.text);
}

// A wrong id costs as much as a connection, so that nobody can try many where connections are limited.
HttpAnswer missed(VhostState& vhost, const Origin& origin) {
  if (vhost.entrance().connect_rate.admit(origin, now())) return no_session();
  const StatusRow& row = describe(Status::kTooManyJoins);
  return refusal(row.http_status, row.text);
}

HttpAnswer other_encoding() { return refusal(400, "the session has another encoding"); }

// The session is on another node, or nowhere. Where commands run, further ones wait in the session: whoever passes them
// on is not held up.
Deferred<HttpAnswer> pass_on(VhostState& vhost, const Emulation& request, const Caller& caller) {
  Origin origin = caller.address.origin();
  Peers* peers = vhost.shared_hub().shared_rooms().peers();
  if (!peers) return missed(vhost, origin);
  std::string_view data = caller.encoding == Encoding::kJson ? request.quoted : request.data;
  return peers->pass_on(request.node, request.session, data, now()).map([&vhost, origin](Status status) {
    if (status == Status::kOk) return HttpAnswer{204, ""};
    if (status == Status::kNoSession) return missed(vhost, origin);
    if (status == Status::kBadRequest) return other_encoding();
    return refusal(503, "the node that has the session does not answer, connect again");
  });
}

}  // namespace

HttpAnswer judge_emulation(lws* wsi, VhostState* vhost, std::string_view) {
  if (!has_structured_streams(vhost)) return refusal(404, "not found");
  if (!is_post(wsi)) return refuse_method(wsi, *vhost, "POST");
  std::string detail;
  Status status = judge_request(wsi, vhost, detail);
  return status == Status::kOk ? HttpAnswer() : noted_refusal(wsi, vhost, status, detail);
}

Deferred<HttpAnswer> emulate(VhostState& vhost, const ResourceCall& call) {
  Encoding encoding = call.caller->encoding;
  Emulation request;
  if (encoding == Encoding::kProtobuf) {
    if (!read_emulation_in_proto(call.body, request))
      return refusal(400, "expected an EmulationRequest in protobuf with session and data");
  } else {
    if (!is_utf8(call.body)) return refusal(400, "the body is not valid UTF-8");
    if (!read_emulation(call.body, request))
      return refusal(400, "expected {\"session\":ID,\"node\":NODE,\"data\":COMMANDS}, all of them texts");
  }
  if (request.data.size() > vhost.options().max_message) return message_too_large(vhost.options());
  EmulatedSessions& sessions = vhost.shared_hub().emulated();
  if (request.node != sessions.node()) return pass_on(vhost, request, *call.caller);
  StructuredStream* stream = sessions.find(request.session);
  if (!stream) return missed(vhost, call.caller->address.origin());
  if (stream->encoding() != encoding) return other_encoding();
  return stream->take(request.data).map([](bool taken) { return taken ? HttpAnswer{204, ""} : no_session(); });
}

Status take_emulation(EmulatedSessions& sessions, std::string_view session, std::string_view data) {
  StructuredStream* stream = sessions.find(std::string(session));
  if (!stream) return Status::kNoSession;
  std::string commands(data);
  if (stream->encoding() == Encoding::kJson) {
    JsonValue text;
    if (!is_utf8(data) || !read_json(data, text) || text.kind != JsonKind::kString) return Status::kBadRequest;
    commands = unquoted(text);
  }
  if (commands.size() > stream->max_message()) return Status::kBadRequest;
  Deferred<bool> taken = stream->take(commands);
  return taken.ready() && !taken.value() ? Status::kNoSession : Status::kOk;
}

// In JSON a quotation mark or a backslash takes two bytes.
uint64_t most_of_emulation(const Options& options) { return 2 * options.max_message + kEnvelope; }

void count_emulation(VhostState& vhost, std::string_view rest, unsigned status) {
  if (!vhost.serves()) return;
  if (status == 404) ++vhost.hub().counters().refused_by(Status::kNoSession);
  if (status == 429) ++vhost.hub().counters().refused_by(Status::kTooManyJoins);
  count_entrance(vhost, rest, status);
}

}  // namespace lws_chat
