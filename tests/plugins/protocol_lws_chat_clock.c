/*
 * An example of a plugin beside lws-chat in the same server. It publishes the time to a room once a second. In the vhost:
 * "ws-protocols": [{ "lws-chat": { "status": "ok" }, "lws-chat-clock": { "room": "clock" } }]
 */
#include <libwebsockets.h>
#include <string.h>
#include <time.h>

#include "lws-chat.h"

struct clock {
    lws_sorted_usec_list_t sul; /* first member, so a pointer to it is a pointer to the clock */
    struct lws_context *context;
    struct lws_vhost *vhost;
    const char *room;
};

static void announce(lws_sorted_usec_list_t *sul)
{
    struct clock *clock = (struct clock *)sul;
    const struct lws_protocols *protocol = lws_vhost_name_to_protocol(clock->vhost, "lws-chat");
    const struct lws_chat_ops *chat = protocol ? protocol->user : NULL;
    time_t now = time(NULL);
    char text[32];
    int result;

    lws_sul_schedule(clock->context, 0, sul, announce, LWS_US_PER_SEC);
    if (!chat || chat->version < 2)
        return;
    strftime(text, sizeof text, "%H:%M:%S", gmtime(&now));
    result = chat->publish(clock->vhost, clock->room, text, strlen(text), LWS_CHAT_TEXT);
    if (result != LWS_CHAT_OK)
        lwsl_warn("clock: %s\n", chat->describe(result));
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    const struct lws_protocol_vhost_options *room;
    struct clock *clock;

    (void)user, (void)len;
    if (reason == LWS_CALLBACK_PROTOCOL_INIT && in) {
        clock = lws_protocol_vh_priv_zalloc(lws_get_vhost(wsi), lws_get_protocol(wsi), sizeof *clock);
        room = lws_pvo_search(in, "room");
        clock->context = lws_get_context(wsi);
        clock->vhost = lws_get_vhost(wsi);
        clock->room = room ? room->value : "clock";
        lws_sul_schedule(clock->context, 0, &clock->sul, announce, 1);
    }
    if (reason == LWS_CALLBACK_PROTOCOL_DESTROY) {
        clock = lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi));
        if (clock)
            lws_sul_cancel(&clock->sul);
    }
    return 0;
}

static const struct lws_protocols protocols[] = {{.name = "lws-chat-clock", .callback = callback}};

__attribute__((visibility("default"))) const lws_plugin_protocol_t lws_chat_clock = {
    .hdr = {.name = "lws-chat-clock",
            ._class = "lws_protocol_plugin",
#if LWS_PLUGIN_API_MAGIC >= 191
            .lws_build_hash = LWS_BUILD_HASH,
#endif
            .api_magic = LWS_PLUGIN_API_MAGIC},
    .protocols = protocols,
    .count_protocols = 1,
};
