#include "dialect/text/encoder.h"

#include <string>

#include "dialect/stream_kinds.h"
#include "support/text_peer.h"
#include "support/unit.h"
#include "wire/frame.h"

using namespace lws_chat;

namespace {

struct Fixture {
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = 1 << 20;
    settings.max_rooms = 1;
    settings.max_memory = 1 << 20;
    return settings;
  }

  Hub hub{settings(), stream_kinds()};
  Options options = default_options();
  TextPeer a{hub, options};
  TextPeer b{hub, options};

  Fixture() {
    a.session.enter("room", 0);
    b.session.enter("room", 0);
  }
  Status say(std::string_view text, Format format = Format::kText) {
    Status status = a.say(text, 0, format);
    hub.flush(0, 100);
    return status;
  }
};

}  // namespace

TEST(a_text_reaches_everybody_including_the_sender) {
  Fixture f;
  CHECK(f.say("hi") == Status::kOk);
  CHECK_EQ(f.a.got, "\x81\x02hi");
  CHECK_EQ(f.b.got, "\x81\x02hi");
}

TEST(the_close_word_is_broadcast_and_then_the_sender_is_dismissed) {
  Fixture f;
  CHECK(f.say("close") == Status::kOk);
  CHECK_EQ(f.a.got.substr(0, 7),
           "\x81\x05"
           "close");
  CHECK(f.a.why == Status::kClosedOnRequest);
  CHECK_EQ(f.b.got,
           "\x81\x05"
           "close");
  CHECK(f.b.why == Status::kOk);
}

TEST(only_the_exact_close_word_closes) {
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

TEST(the_option_decides_whether_binary_is_refused_or_relayed) {
  Fixture f;
  CHECK(f.say("x", Format::kBinary) == Status::kUnsupportedData);
  CHECK_EQ(f.b.got, "");
  Fixture g;
  g.options.binary = BinaryPolicy::kRelay;
  CHECK(g.say("\xff", Format::kBinary) == Status::kOk);
  CHECK_EQ(g.b.got, "\x82\x01\xff");
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
