#include "wire/frame_text.h"

#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string text(std::string_view payload) { return make_frame(Opcode::kText, true, payload); }

// A message in two frames.
std::string halves(std::string_view first, std::string_view second) {
  return make_frame(Opcode::kText, false, first) + make_frame(Opcode::kContinuation, true, second);
}

std::string converted(TextFormat format, std::string_view frames) {
  std::string out;
  FrameText(format).append_all(out, frames);
  return out;
}

}  // namespace

TEST(each_reply_is_a_line) {
  CHECK_EQ(converted(TextFormat::kLines, text("{}") + text("{\"id\":1}\n{\"id\":2}") + halves("{\"a\"", ":1}")),
           "{}\n{\"id\":1}\n{\"id\":2}\n{\"a\":1}\n");
}

TEST(each_reply_is_an_event) {
  CHECK_EQ(converted(TextFormat::kEvents, text("{}") + text("{\"id\":1}\n{\"id\":2}") + halves("{\"a\"", ":1}")),
           "data: {}\n\ndata: {\"id\":1}\n\ndata: {\"id\":2}\n\ndata: {\"a\":1}\n\n");
}

TEST(a_carriage_return_does_not_end_the_line_of_an_event) {
  CHECK_EQ(converted(TextFormat::kEvents, halves("{\"a\":\r", "\r1}")), "data: {\"a\":  1}\n\n");
  CHECK_EQ(converted(TextFormat::kLines, text("{\"a\":\r1}")), "{\"a\":\r1}\n");
}

TEST(it_is_known_whether_a_message_is_whole) {
  for (TextFormat format : {TextFormat::kLines, TextFormat::kEvents}) {
    FrameText frames(format);
    std::string out;
    CHECK(!frames.within_message());
    frames.append_all(out, make_frame(Opcode::kText, false, "{"));
    CHECK(frames.within_message());
    frames.append_all(out, make_frame(Opcode::kContinuation, true, "}"));
    CHECK(!frames.within_message());
  }
}
