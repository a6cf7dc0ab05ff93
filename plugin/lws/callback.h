/* The things that the C ABI edge (protocol_lws_chat.c) takes from the C++ side. */
#ifndef LWS_CHAT_LWS_CALLBACK_H
#define LWS_CHAT_LWS_CALLBACK_H

#include <libwebsockets.h>

#include "lws-chat.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The protocol's callback, and the size of its per-session data, a struct PerSession. */
#define LWS_CHAT_SESSION_BYTES (3 * sizeof(void *))
int lws_chat_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

extern const struct lws_chat_ops lws_chat_ops;

/* The names of the protocols as clients and configurations say them, and the second one's number. */
#define LWS_CHAT_NAME "lws-chat"
#define LWS_CHAT_PROTOBUF "centrifuge-protobuf"
#define LWS_CHAT_PROTOBUF_ID 1

#ifdef __cplusplus
}
#endif

#endif
