/*
 * lws-chat: what other code in the process may call. Plain C.
 *
 * The plugin has one export for lws and no symbols to link with. Its services hang from the `user`
 * pointer of its protocol:
 *
 *     const struct lws_protocols *p = lws_vhost_name_to_protocol(vhost, "lws-chat");
 *     const struct lws_chat_ops *chat = p ? p->user : NULL;
 *     if (chat && chat->version >= 2)
 *         chat->publish(vhost, "lobby", "hello", 5, LWS_CHAT_TEXT);
 *
 * The table stays valid while the plugin is loaded. Only publish() and describe() may be called from any
 * thread. Call the other functions from the thread that serves the lws context.
 */
#ifndef LWS_CHAT_H
#define LWS_CHAT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lws_context;
struct lws_extension;
struct lws_vhost;

#define LWS_CHAT_OPS_VERSION 5

/* What a message is. */
enum lws_chat_format {
    LWS_CHAT_TEXT = 0,   /* UTF-8 */
    LWS_CHAT_BINARY = 1, /* bytes; clients of the structured dialect get {"base64": "..."} */
    LWS_CHAT_JSON = 2    /* one JSON value (RFC 8259), relayed as it is; clients of the structured dialect in JSON get
                            blanks for the line breaks in it, clients of the text dialect and event streams get the
                            text of a JSON string, else the JSON itself */
};

/* What publish() and room_stats() return. */
enum lws_chat_result {
    LWS_CHAT_OK = 0,
    LWS_CHAT_NO_SERVICE = 1,   /* the vhost is not there (any more), or lws-chat is not enabled on it */
    LWS_CHAT_BAD_ROOM = 2,     /* no room name: 1 to 255 bytes of UTF-8 without '/' and control characters, not "." or ".." */
    LWS_CHAT_BAD_MESSAGE = 3,  /* not UTF-8, or not JSON; binary where the option "binary" does not say relay */
    LWS_CHAT_TOO_BIG = 4,      /* over the vhost's max-message */
    LWS_CHAT_BUSY = 5,         /* 16 MiB wait to be published: try again later */
    LWS_CHAT_NO_MEMORY = 6,
    LWS_CHAT_NO_ROOM = 7       /* room_stats(): there is no such room now */
};

struct lws_chat_room_stats {
    size_t clients;        /* who are in it now */
    unsigned long offset;  /* of the last message; 0: none yet. Offsets count messages from 1 on */
    char epoch[16];        /* an offset means something only together with it; NUL-terminated */
    size_t history;        /* messages that are kept */
    size_t history_bytes;  /* and the bytes of their payloads */
};

struct lws_chat_ops {
    /* LWS_CHAT_OPS_VERSION of the plugin. Members are only ever added at the end. */
    unsigned int version;

    /* The plugin's own version, "0.1.0", and that of the libwebsockets it was built with. */
    const char *plugin_version;
    const char *lws_version;

    /*
     * Shuts down politely: every client of every vhost of the context is sent what its rooms hold
     * for it and then closed with 1001, or with 1012 where "drain-seconds" spreads that over some
     * time; new upgrades are refused with 503. Returns at once; the closes happen in the event loop.
     * Calling it again changes nothing.
     */
    void (*drain)(struct lws_context *context);

    /* How many clients (WebSockets and event streams) the context still has. */
    size_t (*connections)(struct lws_context *context);

    /*
     * How many vhosts of the context refuse everybody because their options are wrong or contradict
     * those of a vhost with the same hub. The log says what is wrong.
     */
    size_t (*misconfigured)(struct lws_context *context);

    /* Since version 2: */

    /*
     * Publishes a message into a room of the vhost, as if somebody in the room had: all who are in it
     * get it, and its history keeps it. The room (NUL-terminated) need not exist. The bytes are
     * copied. From any thread; messages of one thread stay in their order. Returns an enum
     * lws_chat_result: LWS_CHAT_OK means that it will be published in one of the next turns of the
     * event loop, unless the server ends before or max-rooms is reached, which the log then says.
     */
    int (*publish)(struct lws_vhost *vhost, const char *room, const void *data, size_t size,
                   enum lws_chat_format format);

    /* What there is to know of a room now. Returns an enum lws_chat_result. */
    int (*room_stats)(struct lws_vhost *vhost, const char *room, struct lws_chat_room_stats *stats);

    /* What a result means, in English: "the message is too big". Never NULL. From any thread. */
    const char *(*describe)(int result);

    /*
     * Reads again the files that options name (api-key-file). One that is not good changes nothing;
     * the log says so.
     */
    void (*reload)(struct lws_context *context);

    /* Since version 3: */

    /* Over how many seconds drain() spreads the closes: the longest of the vhosts that have clients. */
    unsigned int (*drain_seconds)(struct lws_context *context);

    /* Since version 4: */

    /*
     * Tells when the certificate that the vhost uses expires, in seconds since 1970 (UTC), for the metrics
     * of all vhosts of its context; to be called again when it uses another one. 0: it has none.
     */
    void (*certificate_expires)(struct lws_vhost *vhost, unsigned long unix_seconds);

    /* Since version 5: */

    /*
     * The extensions for lws_context_creation_info, without which no client can negotiate compression.
     * To be called before the context is created, and never together with lws's own permessage-deflate.
     * NULL if libwebsockets was built without extensions.
     */
    const struct lws_extension *(*extensions)(void);
};

#ifdef __cplusplus
}
#endif

#endif
