#include "dialect/text.h"

#include <string>

#include "dialect/frame.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

struct Talker final : Client {
  std::string got;
  Status why = Status::kOk;
  bool ready() override { return true; }
  size_t write(std::string_view frames) override { return got += frames, frames.size(); }
  void dismissed(Ending ending, Time) override { why = ending.why; }
};

struct Fixture {
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = 1 << 20;
    settings.max_rooms = 1;
    settings.max_memory = 1 << 20;
    return settings;
  }

  Hub hub{settings(), {append_text, append_text, append_text}};
  Options options = default_options();
  Talker a, b;

  Fixture() {
    (void)hub.join(a, "room", 0, 0);
    (void)hub.join(b, "room", 0, 0);
  }
  ~Fixture() {
    hub.leave(a, 0);
    hub.leave(b, 0);
  }
  Status say(std::string_view text, Format format = Format::kText) {
    Status status = receive_text(hub, a, options, Message{text, format}, 0);
    hub.flush(0, 100);
    return status;
  }
};

}  // namespace

TEST(a_text_goes_to_everybody_the_sender_too) {
  Fixture f;
  CHECK(f.say("hi") == Status::kOk);
  CHECK_EQ(f.a.got, "\x81\x02hi");
  CHECK_EQ(f.b.got, "\x81\x02hi");
}

TEST(the_close_word_is_broadcast_and_then_the_sender_is_dismissed) {
  Fixture f;
  CHECK(f.say("close") == Status::kOk);
  CHECK_EQ(f.a.got,
           "\x81\x05"
           "close");
  CHECK(f.a.why == Status::kClosedOnRequest);
  CHECK_EQ(f.b.got,
           "\x81\x05"
           "close");
  CHECK(f.b.why == Status::kOk);
}

TEST(only_the_close_word_itself_closes) {
  Fixture f;
  for (const char* text : {"Close", "close ", "closed", ""}) CHECK(f.say(text) == Status::kOk);
  CHECK(f.a.why == Status::kOk);
}

TEST(an_empty_close_word_disables_it) {
  Fixture f;
  f.options.close_word = "";
  CHECK(f.say("close") == Status::kOk);
  CHECK(f.say("") == Status::kOk);
  CHECK(f.a.why == Status::kOk);
}

TEST(binary_is_refused_or_relayed_as_the_option_says) {
  Fixture f;
  CHECK(f.say("x", Format::kBinary) == Status::kUnsupportedData);
  CHECK_EQ(f.b.got, "");
  f.options.binary = BinaryPolicy::kRelay;
  CHECK(f.say("\xff", Format::kBinary) == Status::kOk);
  CHECK_EQ(f.b.got, "\x82\x01\xff");
}

TEST(the_close_word_in_binary_is_only_data) {
  Fixture f;
  f.options.binary = BinaryPolicy::kRelay;
  CHECK(f.say("close", Format::kBinary) == Status::kOk);
  CHECK(f.a.why == Status::kOk);
}

TEST(text_that_is_not_utf8_is_refused_and_reaches_nobody) {
  Fixture f;
  CHECK(f.say("\xff") == Status::kInvalidText);
  CHECK_EQ(f.b.got, "");
}
