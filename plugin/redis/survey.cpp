#include "redis/survey.h"

#include "redis/proto_fields.h"

namespace lws_chat {

template <typename Fields>
static void visit(Fields& fields, ChannelsQuestion& question) {
  fields.text(1, question.pattern);
}

template <typename Fields>
static void visit(Fields& fields, ChannelsAnswer::Clients& clients) {
  fields.number(1, clients.number);
}

// An entry of a map.
template <typename Fields>
static void visit(Fields& fields, ChannelsAnswer::Channel& channel) {
  fields.text(1, channel.name);
  fields.message(2, channel.clients);
}

template <typename Fields>
static void visit(Fields& fields, ChannelsAnswer& answer) {
  fields.messages(1, answer.channels);
}

template <typename Fields>
static void visit(Fields& fields, EmulationQuestion& question) {
  fields.text(1, question.node);
  fields.text(2, question.session);
  fields.bytes(3, question.data);
}

void append_survey(std::string& bytes, const ChannelsQuestion& question) { append_proto(bytes, question); }
void append_survey(std::string& bytes, const ChannelsAnswer& answer) { append_proto(bytes, answer); }
void append_survey(std::string& bytes, const EmulationQuestion& question) { append_proto(bytes, question); }

bool read_survey(std::string_view bytes, ChannelsQuestion& question) {
  question = {};
  return read_proto(bytes, question);
}

bool read_survey(std::string_view bytes, ChannelsAnswer& answer) {
  answer = {};
  return read_proto(bytes, answer);
}

bool read_survey(std::string_view bytes, EmulationQuestion& question) {
  question = {};
  return read_proto(bytes, question);
}

}  // namespace lws_chat
