/*
 * lws-chat: what other code in the process may call. Plain C.
 *
 * The plugin has one export for lws and no symbols to link with. Its services hang from the `user`
 * pointer of its protocol:
 *
 *     const struct lws_protocols *p = lws_vhost_name_to_protocol(vhost, "lws-chat");
 *     const struct lws_chat_ops *chat = p ? p->user : NULL;
 *     if (chat && chat->version >= 1) ...
 *
 * The pointers stay valid while the plugin is loaded. All calls are for the thread that serves the
 * lws context.
 */
#ifndef LWS_CHAT_H
#define LWS_CHAT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lws_context;

#define LWS_CHAT_OPS_VERSION 1

struct lws_chat_ops {
    /* LWS_CHAT_OPS_VERSION of the plugin. Members are only ever added at the end. */
    unsigned int version;

    /* The plugin's own version, "0.1.0", and that of the libwebsockets it was built with. */
    const char *plugin_version;
    const char *lws_version;

    /*
     * Shuts down politely: every client of every vhost of the context is sent what its rooms hold
     * for it and then closed with 1001; new upgrades are refused with 503. Returns at once; the
     * closes happen in the event loop. Calling it again changes nothing.
     */
    void (*drain)(struct lws_context *context);

    /* How many WebSocket connections of the plugin the context still has. */
    size_t (*connections)(struct lws_context *context);

    /*
     * How many vhosts of the context refuse everybody because their options are wrong or contradict
     * those of a vhost with the same hub. The log says what is wrong.
     */
    size_t (*misconfigured)(struct lws_context *context);
};

#ifdef __cplusplus
}
#endif

#endif
