#include "lws/http/structured_entrance.h"

#include <utility>

#include "lws/http/header.h"
#include "lws/http/http_request.h"
#include "lws/http/structured_stream.h"
#include "lws/vhost/admission.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

HttpAnswer admit(lws* wsi, VhostState* vhost) {
  std::string detail;
  Status status = judge_client(wsi, vhost, {}, detail);
  return status == Status::kOk ? HttpAnswer() : noted_refusal(wsi, vhost, status, detail);
}

HttpAnswer judge(lws* wsi, VhostState* vhost, std::string allow) {
  if (!has_structured_streams(vhost)) return refusal(404, "not found");
  if (!is_post(wsi)) return refuse_method(wsi, *vhost, std::move(allow));
  return admit(wsi, vhost);
}

// While the body came, others may have taken the last place, or the server may have begun to stop.
std::unique_ptr<HttpExchange> open(lws* wsi, VhostState& vhost, TextFormat format, Caller caller,
                                   std::string commands) {
  uint64_t most = vhost.options().max_clients;
  if (vhost.drain().begun() || (most > 0 && vhost.connections().size() >= most)) return nullptr;
  return std::make_unique<StructuredStream>(wsi, vhost, format, std::move(caller), std::move(commands));
}

}  // namespace

bool has_structured_streams(const VhostState* vhost) {
  if (!vhost || !vhost->options().enabled) return false;
  return vhost->options().structured_streams && !vhost->options().structured_path.empty();
}

HttpAnswer judge_lines(lws* wsi, VhostState* vhost, std::string_view) { return judge(wsi, vhost, "POST"); }

HttpAnswer judge_events(lws* wsi, VhostState* vhost, std::string_view) {
  if (has_structured_streams(vhost) && is_post(wsi) && sends_protobuf(wsi))
    return refusal(415, "an event stream is text: protobuf is served by http_stream");
  return judge(wsi, vhost, "GET, POST");
}

std::unique_ptr<HttpExchange> open_lines(lws* wsi, VhostState& vhost, Caller caller, std::string commands) {
  TextFormat format = caller.encoding == Encoding::kProtobuf ? TextFormat::kProto : TextFormat::kLines;
  return open(wsi, vhost, format, std::move(caller), std::move(commands));
}

std::unique_ptr<HttpExchange> open_events(lws* wsi, VhostState& vhost, Caller caller, std::string commands) {
  return open(wsi, vhost, TextFormat::kEvents, std::move(caller), std::move(commands));
}

// Refusals by admission have been counted.
void count_entrance(VhostState& vhost, std::string_view, unsigned status) {
  if (!vhost.serves()) return;
  Counters& counters = vhost.hub().counters();
  if (status == 413) ++counters.refused_by(Status::kMessageTooBig);
  if (status == 400 || status == 411 || status == 415) ++counters.refused_by(Status::kBadRequest);
  if (status == 405) ++counters.refused_by(Status::kBadMethod);
  if (status == 408) ++counters.refused_by(Status::kUnfinished);
}

HttpExchange* open_structured_events(lws* wsi, VhostState* vhost) {
  auto answer_with = [&](HttpAnswer answer) {
    if (vhost) count_entrance(*vhost, {}, answer.status);
    return new HttpRequest(wsi, vhost, std::move(answer));
  };
  if (!has_structured_streams(vhost)) return answer_with(refusal(404, "not found"));
  // lws spins while an answer is under way and bytes follow the body.
  std::string length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  if (!length.empty() && length != "0") return answer_with(refusal(400, "a GET has no body"));
  std::string commands = argument(wsi, "cf_connect");
  if (commands.empty()) return answer_with(refusal(400, "no commands, expected ?cf_connect=COMMANDS"));
  if (commands.size() > vhost->options().max_message)
    return answer_with(refusal(413, "cf_connect is larger than max-message"));
  HttpAnswer verdict = admit(wsi, vhost);
  if (verdict.status != 200) return answer_with(std::move(verdict));
  return open_events(wsi, *vhost, Caller(wsi, *vhost), std::move(commands)).release();
}

}  // namespace lws_chat
