// The input is a message between nodes, as anybody could write it into Redis. Always: its texts are UTF-8, and it comes
// back the same when it is written again. The same for the data of surveys.
#include <cstdlib>

#include "core/utf8.h"
#include "redis/control.h"
#include "redis/survey.h"

using namespace lws_chat;

namespace {

void judge(bool holds) {
  if (!holds) std::abort();
}

template <typename Question>
void judge_survey(std::string_view bytes) {
  Question question, same;
  if (!read_survey(bytes, question)) return;
  std::string once, twice;
  append_survey(once, question);
  judge(read_survey(once, same));
  append_survey(twice, same);
  judge(once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ControlCommand command, same;
  if (read_control(bytes, command)) {
    judge(is_utf8(command.from));
    if (const auto* subscribe = std::get_if<SubscribeCommand>(&command.body))
      judge(is_utf8(subscribe->channel) && is_utf8(subscribe->target.user));
    std::string once, twice;
    append_control(once, command);
    judge(read_control(once, same) && same.body.index() == command.body.index());
    append_control(twice, same);
    judge(once == twice);
  }
  judge_survey<ChannelsQuestion>(bytes);
  judge_survey<ChannelsAnswer>(bytes);
  judge_survey<EmulationQuestion>(bytes);
  return 0;
}
