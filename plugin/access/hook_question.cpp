#include "access/hook_messages.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

// An object under construction.
class Fields {
 public:
  void text(std::string_view name, std::string_view value) {
    begin(name);
    append_quoted(json_, value);
  }

  void text_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }

  void texts(std::string_view name, const std::vector<std::string>& values) {
    begin(name);
    char before = '[';
    for (const std::string& value : values) {
      json_ += before;
      append_quoted(json_, value);
      before = ',';
    }
    json_ += ']';
  }

  void json_unless_empty(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    begin(name);
    json_ += value;
  }

  std::string done() && { return std::move(json_) + '}'; }

 private:
  void begin(std::string_view name) {
    json_ += json_.empty() ? '{' : ',';
    append_quoted(json_, name);
    json_ += ':';
  }

  std::string json_;
};

Fields fields_of(const HookClient& about) {
  Fields fields;
  fields.text("client", about.client);
  fields.text("transport", about.transport);
  fields.text("protocol", about.protocol);
  fields.text("encoding", "json");  // of the data; the other one is "binary"
  return fields;
}

// Every question but the first says who the client is.
Fields fields_of_user(const HookClient& about) {
  Fields fields = fields_of(about);
  fields.text("user", about.user);
  return fields;
}

}  // namespace

std::string hook_json(const ConnectQuestion& question) {
  Fields fields = fields_of(question.about);
  fields.json_unless_empty("data", question.data);
  fields.text_unless_empty("name", question.name);
  fields.text_unless_empty("version", question.version);
  if (question.rooms && !question.rooms->empty()) fields.texts("channels", *question.rooms);
  return std::move(fields).done();
}

std::string hook_json(const RefreshQuestion& question) {
  Fields fields = fields_of_user(question.about);
  fields.json_unless_empty("meta", question.about.meta);
  return std::move(fields).done();
}

std::string hook_json(const SubscribeQuestion& question) {
  Fields fields = fields_of_user(question.about);
  fields.text("channel", question.room);
  fields.text_unless_empty("token", question.token);
  fields.json_unless_empty("meta", question.about.meta);
  fields.json_unless_empty("data", question.data);
  return std::move(fields).done();
}

std::string hook_json(const PublishQuestion& question) {
  Fields fields = fields_of_user(question.about);
  fields.text("channel", question.room);
  fields.json_unless_empty("data", question.data);
  fields.text_unless_empty("b64data", question.b64data);
  fields.json_unless_empty("meta", question.about.meta);
  return std::move(fields).done();
}

std::string hook_json(const SubRefreshQuestion& question) {
  Fields fields = fields_of_user(question.about);
  fields.text("channel", question.room);
  fields.json_unless_empty("meta", question.about.meta);
  return std::move(fields).done();
}

std::string hook_json(const RpcQuestion& question) {
  Fields fields = fields_of_user(question.about);
  fields.text_unless_empty("method", question.method);
  fields.json_unless_empty("data", question.data);
  fields.json_unless_empty("meta", question.about.meta);
  return std::move(fields).done();
}

}  // namespace lws_chat
