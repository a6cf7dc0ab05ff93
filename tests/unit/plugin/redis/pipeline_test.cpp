#include "redis/pipeline.h"

#include "redis/reply_reader.h"
#include "redis/sha1.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// A pipeline, what it sends, and what it answers. The test is the server.
struct Line {
  // Commands since the last call, with a blank between words.
  std::vector<std::string> sent() {
    ReplyReader reader(size_t{1} << 20);  // a command looks like a reply
    reader.feed(out.data(), out.size());
    out.clear();
    std::vector<std::string> commands;
    for (RedisReply command; reader.next(command);) {
      commands.emplace_back();
      for (const RedisReply& word : command.items) commands.back() += (commands.back().empty() ? "" : " ") + word.text;
    }
    return commands;
  }

  void reply(const std::string& text, RedisReply::Kind kind = RedisReply::Kind::kText) {
    RedisReply one{kind, 0, text};
    CHECK(pipeline.take(one, 1));
  }
  void no_script() { reply("NOSCRIPT No matching script.", RedisReply::Kind::kError); }

  Pipeline::Answer answer(const std::string& name) {
    return [this, name](const RedisReply& reply, Time) {
      answers += name + "=" + (reply.is_lost() ? "lost" : reply.text) + " ";
    };
  }
  void command(const std::string& name) { pipeline.command({"GET", name}, answer(name)); }
  void run(const RedisScript& script, const std::string& name) { pipeline.run(script, {"key"}, {name}, answer(name)); }

  std::string out;
  Pipeline pipeline{out};
  std::string answers;
};

const RedisScript kFirst{"return 1", sha1_hex("return 1")};
const RedisScript kSecond{"return 2", sha1_hex("return 2")};
const std::string kRunFirst = "EVALSHA " + kFirst.sha1 + " 1 key ";
const std::string kRunSecond = "EVALSHA " + kSecond.sha1 + " 1 key ";

using Commands = std::vector<std::string>;

}  // namespace

TEST(the_name_of_a_script_is_its_sha1) { CHECK_EQ(sha1_hex("return 1"), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"); }

TEST(answers_come_in_the_order_of_the_commands) {
  Line line;
  line.command("a");
  line.command("b");
  CHECK(line.sent() == (Commands{"GET a", "GET b"}));
  CHECK_EQ(line.pipeline.unanswered(), 2u);
  line.reply("1");
  line.reply("2");
  CHECK_EQ(line.answers, "a=1 b=2 ");
  CHECK_EQ(line.pipeline.unanswered(), 0u);
  CHECK(!line.pipeline.expects_reply());
}

TEST(a_script_is_given_to_the_server_once) {
  Line line;
  line.run(kFirst, "a");
  line.run(kFirst, "b");
  CHECK(line.sent() == (Commands{"SCRIPT LOAD return 1", kRunFirst + "a", kRunFirst + "b"}));
  CHECK_EQ(line.pipeline.unanswered(), 2u);
  line.reply(kFirst.sha1);
  line.reply("1");
  line.reply("2");
  CHECK_EQ(line.answers, "a=1 b=2 ");
}

TEST(scripts_that_the_server_has_forgotten_run_again_before_all_others_and_in_their_order) {
  Line line;
  line.run(kFirst, "a");
  line.reply("loaded");
  line.reply("1");
  line.sent();
  line.run(kFirst, "b");
  line.command("c");
  line.run(kFirst, "d");
  line.sent();
  line.no_script();
  // Nothing goes out before the last reply is there.
  line.run(kFirst, "e");
  line.command("f");
  CHECK(line.sent().empty());
  line.reply("3");
  CHECK(line.sent().empty());
  line.no_script();
  CHECK(line.sent() ==
        (Commands{"SCRIPT LOAD return 1", "EVAL return 1 1 key b", "EVAL return 1 1 key d", kRunFirst + "e", "GET f"}));
  CHECK_EQ(line.answers, "a=1 ");
  CHECK_EQ(line.pipeline.unanswered(), 5u);
  for (const char* reply : {"loaded", "2", "4", "5", "6"}) line.reply(reply);
  CHECK_EQ(line.answers, "a=1 b=2 c=3 d=4 e=5 f=6 ");
  CHECK_EQ(line.pipeline.unanswered(), 0u);
  // All is as before.
  line.run(kFirst, "g");
  CHECK(line.sent() == (Commands{kRunFirst + "g"}));
}

TEST(several_scripts_are_forgotten_together_and_again) {
  Line line;
  line.run(kFirst, "a");
  line.run(kSecond, "b");
  line.sent();
  line.reply("loaded");
  line.no_script();
  line.reply("loaded");
  line.no_script();
  CHECK(line.sent() ==
        (Commands{"SCRIPT LOAD return 1", "SCRIPT LOAD return 2", "EVAL return 1 1 key a", "EVAL return 2 1 key b"}));
  line.run(kSecond, "c");
  CHECK(line.sent() == (Commands{kRunSecond + "c"}));
  for (const char* reply : {"loaded", "loaded", "1", "2"}) line.reply(reply);
  line.no_script();
  CHECK(line.sent() == (Commands{"SCRIPT LOAD return 2", "EVAL return 2 1 key c"}));
  line.reply("loaded");
  line.reply("3");
  CHECK_EQ(line.answers, "a=1 b=2 c=3 ");
}

TEST(a_script_that_fails_for_another_reason_is_not_repeated) {
  Line line;
  line.run(kFirst, "a");
  line.reply("loaded");
  line.reply("ERR no", RedisReply::Kind::kError);
  CHECK_EQ(line.answers, "a=ERR no ");
  // Nor for ever.
  line.run(kFirst, "b");
  line.no_script();
  line.reply("loaded");
  line.no_script();
  CHECK_EQ(line.answers, "a=ERR no b=NOSCRIPT No matching script. ");
}

TEST(a_lost_connection_answers_everything_once) {
  Line line;
  line.run(kFirst, "a");
  line.command("b");
  line.run(kFirst, "c");
  line.reply("loaded");
  line.no_script();
  line.reply("2");
  line.command("d");
  line.pipeline.lose();
  CHECK_EQ(line.answers, "");
  CHECK_EQ(line.pipeline.unanswered(), 4u);
  line.pipeline.answer_lost("gone", 1);
  CHECK_EQ(line.answers, "a=lost b=2 c=lost d=lost ");
  CHECK_EQ(line.pipeline.unanswered(), 0u);
  // Another connection knows no script.
  line.sent();
  line.run(kFirst, "e");
  CHECK(line.sent() == (Commands{"SCRIPT LOAD return 1", kRunFirst + "e"}));
}

TEST(a_command_that_is_refused_within_an_answer_is_answered_the_next_time) {
  Line line;
  line.pipeline.refuse([&](const RedisReply&, Time) { line.pipeline.refuse(line.answer("second")); });
  line.pipeline.answer_lost("gone", 1);
  CHECK_EQ(line.answers, "");
  CHECK(line.pipeline.has_lost());
  line.pipeline.answer_lost("gone", 1);
  CHECK_EQ(line.answers, "second=lost ");
}

TEST(an_answer_that_fails_stops_no_other_one) {
  Line line;
  line.run(kFirst, "a");
  line.pipeline.command({"GET", "b"}, [](const RedisReply&, Time) { throw std::bad_alloc(); });
  line.command("c");
  line.reply("loaded");
  line.no_script();
  line.reply("2");
  line.reply("3");
  line.sent();
  line.reply("loaded");
  try {
    line.reply("1");
    CHECK(false);
  } catch (const std::bad_alloc&) {
  }
  line.command("d");
  line.reply("4");
  CHECK_EQ(line.answers, "a=1 c=3 d=4 ");
  CHECK_EQ(line.pipeline.unanswered(), 0u);
}

TEST(commands_may_be_sent_within_an_answer) {
  Line line;
  line.pipeline.command({"GET", "a"}, [&](const RedisReply&, Time) { line.command("c"); });
  line.command("b");
  line.reply("1");
  CHECK(line.sent() == (Commands{"GET a", "GET b", "GET c"}));
  line.reply("2");
  line.reply("3");
  CHECK_EQ(line.answers, "b=2 c=3 ");
}
