/*
 * A plugin whose threads publish through lws-chat's C API as fast as they can, as soon as the room has its readers:
 * "lws-chat-flood": { "room": "flood", "threads": "8", "messages": "100000", "readers": "2" }
 * Message 5 of thread 3 is "3 5". First it publishes the API's answers to invalid calls, one text each.
 */
#include <libwebsockets.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lws-chat.h"

#define MOST_THREADS 64

struct flood;

struct publisher {
    struct flood *flood;
    pthread_t thread;
    int number;
};

struct flood {
    lws_sorted_usec_list_t sul; /* first member, so a pointer to it is a pointer to the flood */
    struct lws_context *context;
    struct lws_vhost *vhost;
    const struct lws_chat_ops *chat;
    const char *room;
    int threads, messages, readers, started;
    int stop; /* atomic; set when the server ends */
    struct publisher publishers[MOST_THREADS];
};

static int number_of(const struct lws_protocol_vhost_options *pvos, const char *name)
{
    const struct lws_protocol_vhost_options *pvo = lws_pvo_search(pvos, name);
    return pvo ? atoi(pvo->value) : 0;
}

static void *publish(void *argument)
{
    struct publisher *publisher = argument;
    struct flood *flood = publisher->flood;
    char text[32];
    int i, size, result;

    for (i = 0; i < flood->messages; ++i) {
        size = snprintf(text, sizeof text, "%d %d", publisher->number, i);
        while ((result = flood->chat->publish(flood->vhost, flood->room, text, (size_t)size, LWS_CHAT_TEXT)) ==
                   LWS_CHAT_BUSY &&
               !__atomic_load_n(&flood->stop, __ATOMIC_RELAXED))
            usleep(1000);
        if (result != LWS_CHAT_OK)
            break;
    }
    return NULL;
}

static void say(struct flood *flood, int result)
{
    const char *text = flood->chat->describe(result);
    flood->chat->publish(flood->vhost, flood->room, text, strlen(text), LWS_CHAT_TEXT);
}

static void try_nonsense(struct flood *flood)
{
    const struct lws_chat_ops *chat = flood->chat;
    char *large = calloc(1, 1 << 20);

    say(flood, chat->publish(NULL, flood->room, "x", 1, LWS_CHAT_TEXT));
    say(flood, chat->publish(flood->vhost, "a/b", "x", 1, LWS_CHAT_TEXT));
    say(flood, chat->publish(flood->vhost, NULL, "x", 1, LWS_CHAT_TEXT));
    say(flood, chat->publish(flood->vhost, flood->room, "\xff", 1, LWS_CHAT_TEXT));
    say(flood, chat->publish(flood->vhost, flood->room, "{", 1, LWS_CHAT_JSON));
    say(flood, chat->publish(flood->vhost, flood->room, "x", 1, LWS_CHAT_BINARY));
    say(flood, chat->publish(flood->vhost, flood->room, large, 1 << 20, LWS_CHAT_TEXT));
    chat->publish(flood->vhost, flood->room, " {\"a\":\n 1} ", 11, LWS_CHAT_JSON);
    free(large);
}

static void watch(lws_sorted_usec_list_t *sul)
{
    struct flood *flood = (struct flood *)sul;
    const struct lws_protocols *protocol = lws_vhost_name_to_protocol(flood->vhost, "lws-chat");
    struct lws_chat_room_stats stats;

    flood->chat = protocol->user;
    if (flood->chat->room_stats(flood->vhost, flood->room, &stats) != LWS_CHAT_OK ||
        stats.clients < (size_t)flood->readers) {
        lws_sul_schedule(flood->context, 0, sul, watch, 10 * LWS_US_PER_MS);
        return;
    }
    try_nonsense(flood);
    for (; flood->started < flood->threads; ++flood->started) {
        struct publisher *publisher = &flood->publishers[flood->started];
        publisher->flood = flood;
        publisher->number = flood->started;
        pthread_create(&publisher->thread, NULL, publish, publisher);
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    const struct lws_protocol_vhost_options *room;
    struct flood *flood;
    int i;

    (void)user, (void)len;
    if (reason == LWS_CALLBACK_PROTOCOL_INIT && in) {
        flood = lws_protocol_vh_priv_zalloc(lws_get_vhost(wsi), lws_get_protocol(wsi), sizeof *flood);
        room = lws_pvo_search(in, "room");
        flood->context = lws_get_context(wsi);
        flood->vhost = lws_get_vhost(wsi);
        flood->room = room ? room->value : "flood";
        flood->threads = number_of(in, "threads");
        flood->messages = number_of(in, "messages");
        flood->readers = number_of(in, "readers");
        if (flood->threads > MOST_THREADS)
            flood->threads = MOST_THREADS;
        lws_sul_schedule(flood->context, 0, &flood->sul, watch, 1);
    }
    if (reason == LWS_CALLBACK_PROTOCOL_DESTROY) {
        flood = lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi));
        if (!flood)
            return 0;
        lws_sul_cancel(&flood->sul);
        __atomic_store_n(&flood->stop, 1, __ATOMIC_RELAXED);
        for (i = 0; i < flood->started; ++i)
            pthread_join(flood->publishers[i].thread, NULL);
    }
    return 0;
}

static const struct lws_protocols protocols[] = {{.name = "lws-chat-flood", .callback = callback}};

__attribute__((visibility("default"))) const lws_plugin_protocol_t lws_chat_flood = {
    .hdr = {.name = "lws-chat-flood",
            ._class = "lws_protocol_plugin",
#if LWS_PLUGIN_API_MAGIC >= 191
            .lws_build_hash = LWS_BUILD_HASH,
#endif
            .api_magic = LWS_PLUGIN_API_MAGIC},
    .protocols = protocols,
    .count_protocols = 1,
};
