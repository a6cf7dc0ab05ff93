#include <memory>
#include <vector>

#include "api/methods.h"
#include "api/steps.h"

namespace lws_chat::api {
namespace {

// The commands of a batch. They outlive the request, because some may wait.
struct Commands {
  std::string text;  // the values in `list` point into it
  std::vector<JsonValue> list;
};

bool is_publication(const JsonValue& command) {
  if (command.kind != JsonKind::kObject) return false;
  std::vector<JsonMember> members = members_of(command);
  return members.size() == 1 && (members.front().name == "publish" || members.front().name == "broadcast");
}

Deferred<std::string> run_command(const Context& context, const JsonValue& command) {
  if (command.kind != JsonKind::kObject) return Result::bad_request("a command must be an object").wrapped("");
  std::vector<JsonMember> members = members_of(command);
  if (members.size() != 1) return Result::bad_request("a command must have exactly one method").wrapped("");
  const JsonMember& member = members.front();
  if (!is_method(member.name) || member.name == "batch")
    return Result{"", ClientError::kMethodNotFound, member.name.substr(0, 50)}.wrapped("");
  if (member.value.kind != JsonKind::kObject)
    return Result::bad_request(member.name + " must be an object").wrapped("");
  Request request(members_of(member.value));
  return run(context, member.name, request, member.value.text).map([name = member.name](const Result& result) {
    return result.wrapped(name);
  });
}

}  // namespace

// {"commands":[{METHOD:REQUEST},...]}. The commands run one after another even if `parallel` allows otherwise;
// publications keep their order without that.
Deferred<Result> batch(const Context& context, Request& request) {
  request.allow_only({"commands", "parallel"});
  (void)request.flag("parallel");
  (void)request.array("commands");
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  auto commands = std::make_shared<Commands>();
  commands->text = request.json("commands");
  JsonValue array;
  if (read_json(commands->text, array)) commands->list = elements_of(array);
  size_t count = commands->list.size();
  if (count > kMaxParts)
    return Result::bad_request("a batch may have at most " + std::to_string(kMaxParts) + " commands");
  auto step = [context, commands](size_t i, size_t so_far) -> Deferred<std::string> {
    // A command whose answer does not fit must not run.
    if (so_far > kMaxList)
      return Result{"", ClientError::kLimitExceeded, "the answers are too long for one batch"}.wrapped("");
    return run_command(context, commands->list[i]);
  };
  auto overlaps = [commands](size_t i) { return is_publication(commands->list[i]); };
  return run_steps({count, step, overlaps}).map([](const std::string& replies) {
    return Result{"{\"replies\":[" + replies + "]}", {}, {}, true};
  });
}

}  // namespace lws_chat::api
