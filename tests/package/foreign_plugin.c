/* A plugin of another libwebsockets: only the header, with a plugin API that no release has. */
struct header {
  const char *name;
  const char *plugin_class;
  const char *build_hash;
  unsigned api_magic;
};

extern const struct header lws_chat;
const struct header lws_chat = {"lws chat", "lws_protocol_plugin", "another", 900};
