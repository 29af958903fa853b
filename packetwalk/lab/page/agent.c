/*
 * The one program of this book in the guest of the page: it does jobs (job.py), one after the other.
 *
 * A job is a file in the shared folder (/host), a list of orders; its answer is a file beside it.  Namespaces and tools that
 * wait for their input are made before the guest's state is saved, so that nothing is executed for them later.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NODES 4       /* namespaces with the tools of a node, of all that wait */
#define WAITING 14    /* namespaces that wait */
#define MOST 32       /* namespaces at a time */
#define TOOLS 8       /* tools that wait in a namespace */
#define SLOT 8192     /* bytes for one frame: offloads are off */
#define SLOTS 96
#define BLOCK (SLOT * SLOTS)
#define PATIENCE 60   /* seconds for one program */

/* include/uapi/linux/if_packet.h */
#define ETH_P_ALL 3
#define PACKET_OUTGOING 4
#define PACKET_RX_RING 5
#define PACKET_STATISTICS 6
#define PACKET_VERSION 10
#define TPACKET_V2 1
#define TP_STATUS_USER 1
struct ring { unsigned block, blocks, slot, slots; };
struct head {
    uint32_t status, length, kept;
    uint16_t mac, net;
    uint32_t seconds, nanos;
    uint16_t tag, kind_of_tag;
    uint8_t padding[4];
};
struct link { uint16_t family, protocol; int32_t index; uint16_t hardware; uint8_t kind, halen, address[8]; };

struct tool { char argv[64]; int length, pid, in, out, err; };
struct netns {
    char name[64];
    int number, fd, used, node;
    struct tool tools[TOOLS];
    int tap, slot;
    unsigned lost;
    uint8_t *map;
    int server;
};

static struct netns all[MOST];
static int home, hold = -1, control, counter, answer;
static const char *share = "/host";

static void fail(const char *what) {
    dprintf(control, "failed %s: %d\n", what, errno);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void all_of(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        at += n;
        length -= n;
    }
}

static void enter(const struct netns *ns) { if (setns(ns ? ns->fd : home, CLONE_NEWNET)) fail("setns"); }

/* ---- programs ------------------------------------------------------------------------------ */

/* Start a program with its words ("ip\0-b\0-\0"); what it prints goes to files in memory. */
static void start(const struct netns *ns, struct tool *tool, const char *words, int length) {
    int in[2];
    char *argv[128];
    int n = 0;
    for (int at = 0; at < length && n < 127; at += strlen(words + at) + 1) argv[n++] = (char *)words + at;
    argv[n] = NULL;
    if (pipe2(in, O_CLOEXEC)) fail("pipe");
    tool->out = memfd_create("out", MFD_CLOEXEC);
    tool->err = memfd_create("err", MFD_CLOEXEC);
    tool->in = in[1];
    tool->pid = fork();
    if (tool->pid == 0) {
        enter(ns);
        dup2(in[0], 0);
        dup2(tool->out, 1);
        dup2(tool->err, 2);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
        dprintf(2, "%s: not found\n", argv[0]);
        _exit(127);
    }
    close(in[0]);
}

/* Wait for a program's end; its exit status. */
static int ended(int pid) {
    int status, fd = syscall(SYS_pidfd_open, pid, 0);
    struct pollfd poller = {fd, POLLIN, 0};
    if (poll(&poller, 1, PATIENCE * 1000) == 0) kill(pid, SIGKILL);
    close(fd);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void copy(int from, int to, size_t length) {
    char buffer[4096];
    lseek(from, 0, SEEK_SET);
    while (length) {
        ssize_t n = read(from, buffer, length < sizeof buffer ? length : sizeof buffer);
        if (n <= 0) return;
        all_of(to, buffer, n);
        length -= n;
    }
}

static void reply(int status, const void *data, size_t length) {
    dprintf(answer, "%d %zu\n", status, length);
    all_of(answer, data, length);
}

static int run(struct netns *ns, const char *words, int length, const char *input, int size) {
    struct tool fresh, *tool = NULL;
    for (int k = 0; k < TOOLS && !tool; k++)
        if (ns->tools[k].pid && ns->tools[k].length == length && !memcmp(ns->tools[k].argv, words, length))
            tool = &ns->tools[k];
    if (!tool) start(ns, tool = &fresh, words, length);
    all_of(tool->in, input, size);
    close(tool->in);
    int status = ended(tool->pid);
    tool->pid = 0;
    int from = status && lseek(tool->err, 0, SEEK_END) > 0 ? tool->err : tool->out;
    size_t many = lseek(from, 0, SEEK_END);
    dprintf(answer, "%d %zu\n", status, many);
    copy(from, answer, many);
    close(tool->out);
    close(tool->err);
    return status;
}

/* ---- namespaces ---------------------------------------------------------------------------- */

static void path_of(char *path, int number) { sprintf(path, "/run/netns/.%d", number); }

static void make(struct netns *ns) {
    char path[64];
    memset(ns, 0, sizeof *ns);
    ns->number = ++counter;
    ns->tap = -1;
    path_of(path, ns->number);
    close(open(path, O_CREAT | O_RDONLY, 0));
    if (unshare(CLONE_NEWNET)) fail("unshare");
    if (mount("/proc/self/ns/net", path, "none", MS_BIND, NULL)) fail("mount");
    ns->fd = open(path, O_RDONLY | O_CLOEXEC);
    enter(NULL);
}

static void wait_in(struct netns *ns, const char *words, int length) {
    for (int k = 0; k < TOOLS; k++)
        if (!ns->tools[k].pid) {
            memcpy(ns->tools[k].argv, words, ns->tools[k].length = length);
            start(ns, &ns->tools[k], words, length);
            return;
        }
}

#define IP "ip\0-b\0-"
#define BRIDGE "bridge\0-b\0-"
#define RESTORE "iptables-restore\0--noflush"
#define OBJECTS "ip\0-j\0-b\0-"
#define LINKS "ip\0-j\0-d\0-b\0-"
#define ENTRIES "bridge\0-j\0-b\0-"
#define PORTS "bridge\0-j\0-d\0-b\0-"

static void prepare(struct netns *ns, int node) {
    make(ns);
    ns->node = node;
    wait_in(ns, IP, sizeof IP);
    wait_in(ns, IP, sizeof IP);
    wait_in(ns, OBJECTS, sizeof OBJECTS);
    wait_in(ns, LINKS, sizeof LINKS);
    wait_in(ns, ENTRIES, sizeof ENTRIES);
    wait_in(ns, PORTS, sizeof PORTS);
    if (node) {
        wait_in(ns, BRIDGE, sizeof BRIDGE);
        wait_in(ns, RESTORE, sizeof RESTORE);
    }
}

static struct netns *named(const char *name) {
    for (int k = 0; k < MOST; k++)
        if (all[k].used && !strcmp(all[k].name, name)) return &all[k];
    return NULL;
}

static void let_go(struct netns *ns) {
    char path[96];
    for (int k = 0; k < TOOLS; k++)
        if (ns->tools[k].pid) {
            close(ns->tools[k].in);
            close(ns->tools[k].out);
            close(ns->tools[k].err);
            kill(ns->tools[k].pid, SIGKILL);
            waitpid(ns->tools[k].pid, NULL, 0);
        }
    if (ns->server) {
        kill(-ns->server, SIGKILL);
        waitpid(ns->server, NULL, 0);
    }
    if (ns->tap >= 0) {
        munmap(ns->map, BLOCK);
        close(ns->tap);
    }
    sprintf(path, "/run/netns/%s", ns->name);
    unlink(path);
    path_of(path, ns->number);
    umount2(path, MNT_DETACH);
    unlink(path);
    close(ns->fd);
    memset(ns, 0, sizeof *ns);
    ns->tap = -1;
}

/* Take a namespace that waits, with the tools of a node or without; make one where there is none. */
static struct netns *take(const char *name, int node) {
    char path[96], goal[32];
    struct netns *ns = NULL;
    for (int k = 0; k < MOST && !ns; k++)
        if (!all[k].used && all[k].fd && all[k].node == node) ns = &all[k];
    for (int k = 0; k < MOST && !ns; k++)
        if (!all[k].used && !all[k].fd) prepare(ns = &all[k], node);
    if (!ns) return NULL;
    ns->used = 1;
    snprintf(ns->name, sizeof ns->name, "%s", name);
    sprintf(path, "/run/netns/%s", ns->name);
    sprintf(goal, ".%d", ns->number);
    unlink(path);
    symlink(goal, path);
    return ns;
}

/* Let as many namespaces wait as are to, beside those that are used. */
static void fill(void) {
    int waiting[2] = {0, 0};
    for (int k = 0; k < MOST; k++)
        if (all[k].fd && !all[k].used) waiting[all[k].node]++;
    for (int k = 0; k < MOST && waiting[0] + waiting[1] < WAITING; k++)
        if (!all[k].fd) {
            int node = waiting[1] < NODES;
            prepare(&all[k], node);
            waiting[node]++;
        }
}

static void clear(void) {
    if (hold >= 0) close(hold);
    hold = -1;
    for (int k = 0; k < MOST; k++)
        if (all[k].used) let_go(&all[k]);
}

/* ---- settings ------------------------------------------------------------------------------ */

/* Lines "net/ipv4/ip_forward=1"; one that begins with "-" may be refused. */
static int settings(struct netns *ns, char *lines, char *error) {
    int refused = 0;
    enter(ns);
    for (char *line = strtok(lines, "\n"); line && !refused; line = strtok(NULL, "\n")) {
        char path[256], *value = strchr(line, '='), may = *line == '-';
        *value++ = 0;
        snprintf(path, sizeof path, "/proc/sys/%s", line + may);
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if ((fd < 0 || write(fd, value, strlen(value)) < 0) && !may) {
            snprintf(error, 256, "sysctl %.200s: %d", line, errno);
            refused = 1;
        }
        if (fd >= 0) close(fd);
    }
    enter(NULL);
    return refused;
}

static void ethtool(const char *device, unsigned command) {
    struct { uint32_t command, data; } value = {command, 0};
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    request.ifr_data = (void *)&value;
    ioctl(fd, 0x8946, &request); /* a device may not know it */
    close(fd);
}

/* Ask each device for what each number of ethtool says: to switch it off, or to tell the link. */
static void of_devices(struct netns *ns, char *numbers, char *devices, char *end) {
    enter(ns);
    for (; devices < end; devices += strlen(devices) + 1) {
        char *at = numbers, *next;
        for (unsigned long n = strtoul(at, &next, 10); next != at; n = strtoul(at = next, &next, 10)) ethtool(devices, n);
    }
    enter(NULL);
}

/* What files say, by patterns, each as "path=value\n". */
static void files(struct netns *ns, char *patterns, char *end) {
    glob_t found;
    int out = memfd_create("read", MFD_CLOEXEC);
    enter(ns);
    for (; patterns < end; patterns += strlen(patterns) + 1) {
        if (glob(patterns, 0, NULL, &found)) continue;
        for (size_t k = 0; k < found.gl_pathc; k++) {
            char value[512];
            int fd = open(found.gl_pathv[k], O_RDONLY | O_CLOEXEC);
            ssize_t n = fd < 0 ? -1 : read(fd, value, sizeof value - 1);
            if (fd >= 0) close(fd);
            if (n < 0) continue;
            while (n && value[n - 1] == '\n') n--;
            dprintf(out, "%s=%.*s\n", found.gl_pathv[k], (int)n, value);
        }
        globfree(&found);
    }
    enter(NULL);
    size_t many = lseek(out, 0, SEEK_END);
    dprintf(answer, "0 %zu\n", many);
    copy(out, answer, many);
    close(out);
}

static const char *told_of(int error) {
    switch (error) {
        case EPERM: return "Operation not permitted";
        case EACCES: return "Permission denied";
        case EINVAL: return "Invalid argument";
        case EMSGSIZE: return "Message too long";
        case ENETUNREACH: return "Network is unreachable";
        case EHOSTUNREACH: return "No route to host";
        case ENOBUFS: return "No buffer space available";
        case EADDRINUSE: return "Address already in use";
        case EADDRNOTAVAIL: return "Cannot assign requested address";
        case ECONNRESET: return "Connection reset by peer";
        default: return strerror(error);
    }
}

/* Make the counters of the kernel's accounting that rules name (include/uapi/linux/netfilter/nfnetlink_acct.h). */
static int counters(struct netns *ns, char *names, char *end) {
    int refused = 0;
    enter(ns);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 12);
    enter(NULL);
    for (; names < end; names += strlen(names) + 1) {
        struct { uint32_t length; uint16_t type, flags; uint32_t seq, port; uint8_t family, version; uint16_t id;
                 uint16_t size, attribute; char name[32]; } ask = {0};
        struct { uint32_t length; uint16_t type, flags; uint32_t seq, port; int32_t error; uint8_t rest[512]; } told;
        ask.length = sizeof ask;
        ask.type = 7 << 8;
        ask.flags = 1 | 4 | 0x400; /* NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE */
        ask.size = 4 + strlen(names) + 1;
        ask.attribute = 1;
        ask.length = 20 + ((ask.size + 3) & ~3u);
        snprintf(ask.name, sizeof ask.name, "%s", names);
        send(fd, &ask, ask.length, 0);
        if (recv(fd, &told, sizeof told, 0) < 20) refused = errno;
        else if (told.error && told.error != -EBUSY) refused = -told.error;
    }
    close(fd);
    return refused;
}

/* Whether connection tracking has nothing to list there: to list it looks into every bucket of a hash. */
static int untracked(struct netns *ns) {
    char value[16] = "";
    enter(ns);
    int fd = open("/proc/sys/net/netfilter/nf_conntrack_count", O_RDONLY | O_CLOEXEC);
    enter(NULL);
    if (fd < 0 || read(fd, value, sizeof value - 1) < 0) value[0] = '?';
    if (fd >= 0) close(fd);
    return !strcmp(value, "0\n");
}

/* ---- who answers --------------------------------------------------------------------------- */

static void talk(int client, struct sockaddr_in *from, const char *name) {
    static char buffer[65536];
    char said[128], head[256];
    ssize_t n = read(client, buffer, sizeof buffer - 1);
    if (n <= 0) return;
    buffer[n] = 0;
    size_t method = strcspn(buffer, " ");
    int letters = method > 0;
    for (size_t k = 0; k < method; k++) letters &= (buffer[k] | 32) >= 'a' && (buffer[k] | 32) <= 'z';
    if (!letters)
        while (read(client, buffer, sizeof buffer) > 0) ;
    if (strncmp(buffer, "GET ", 4)) return;
    if (!strncmp(buffer + 4, "/clientip ", 10)) sprintf(said, "%s:%d", inet_ntoa(from->sin_addr), ntohs(from->sin_port));
    else snprintf(said, sizeof said, "%s", name);
    sprintf(head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(said), said);
    all_of(client, head, strlen(head));
}

static void answers(struct pollfd *open, const int *stream, int n, const char *name) {
    static char data[70000];
    signal(SIGCHLD, SIG_IGN);
    for (int fd = 3; fd < 1024; fd++) { /* others wait for the end of what this process would hold open */
        int mine = 0;
        for (int k = 0; k < n; k++) mine |= open[k].fd == fd;
        if (!mine) close(fd);
    }
    for (;;) {
        poll(open, n, -1);
        for (int k = 0; k < n; k++) {
            struct sockaddr_in from;
            socklen_t length = sizeof from;
            if (!open[k].revents) continue;
            if (!stream[k]) {
                ssize_t size = recvfrom(open[k].fd, data, sizeof data, 0, (void *)&from, &length);
                if (size >= 0) sendto(open[k].fd, data, size, 0, (void *)&from, length);
                continue;
            }
            int client = accept(open[k].fd, (void *)&from, &length);
            if (client < 0) continue;
            if (fork() == 0) {
                talk(client, &from, name);
                _exit(0);
            }
            close(client);
        }
    }
}

/* Listen where the words say so ("tcp:80"), from now on. */
static int serve(struct netns *ns, char *words, char *end) {
    struct pollfd open[64];
    int stream[64], n = 0, one = 1, refused = 0;
    enter(ns);
    for (; words < end && n < 64; words += strlen(words) + 1) {
        struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(words + 4))};
        stream[n] = !strncmp(words, "tcp", 3);
        int fd = socket(AF_INET, (stream[n] ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        refused |= bind(fd, (void *)&here, sizeof here) || (stream[n] && listen(fd, 4));
        open[n++] = (struct pollfd){fd, POLLIN, 0};
    }
    enter(NULL);
    ns->server = fork();
    if (ns->server == 0) {
        setpgid(0, 0);
        answers(open, stream, n, ns->name);
    }
    setpgid(ns->server, ns->server);
    for (int k = 0; k < n; k++) close(open[k].fd);
    return refused;
}

/* ---- who sends ----------------------------------------------------------------------------- */

static uint16_t sum(const uint8_t *data, int length) {
    uint32_t total = 0;
    for (int k = 0; k < length; k++) total += k & 1 ? data[k] : data[k] << 8;
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return htons(~total);
}

struct order { char proto[8], dst[32]; int dport, sport, size, df, ttl, tos, answered, held, patience; };

/* Send one packet from inside; "sent", or the error that the program got. */
static const char *sent(struct netns *ns, const struct order *o) {
    static uint8_t data[70000];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(o->sport)};
    struct sockaddr_in goal = {.sin_family = AF_INET, .sin_port = htons(o->dport)};
    struct linger linger = {1, 0};
    struct timeval wait = {o->patience / 1000, o->patience % 1000 * 1000};
    int one = 1, mtu = o->df ? 2 : 0, tcp = !strcmp(o->proto, "tcp"), udp = !strcmp(o->proto, "udp"), error = 0, fd;
    inet_aton(o->dst, &goal.sin_addr);
    enter(ns);
    fd = tcp ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
       : udp ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    enter(NULL);
    if (!tcp) setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &mtu, sizeof mtu);
    setsockopt(fd, IPPROTO_IP, IP_TTL, &o->ttl, sizeof o->ttl);
    setsockopt(fd, IPPROTO_IP, IP_TOS, &o->tos, sizeof o->tos);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    for (int k = 0; k < o->size + 8; k++) data[k] = k;
    if (tcp) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        if (bind(fd, (void *)&here, sizeof here) || connect(fd, (void *)&goal, sizeof goal)) error = errno;
        else if (o->size && send(fd, data, o->size, MSG_NOSIGNAL) < 0) error = errno;
        if (error == EINPROGRESS || error == ETIMEDOUT || error == EAGAIN || error == ECONNREFUSED) {
            close(fd);
            return "sent";
        }
    } else if (udp) {
        if (bind(fd, (void *)&here, sizeof here) || connect(fd, (void *)&goal, sizeof goal) || send(fd, data, o->size, 0) < 0)
            error = errno;
    } else {
        uint8_t echo[8] = {8, 0, 0, 0, o->sport >> 8, o->sport, 0, 1};
        memmove(data + 8, data, o->size);
        memcpy(data, echo, 8);
        uint16_t check = sum(data, o->size + 8);
        memcpy(data + 2, &check, 2);
        if (sendto(fd, data, o->size + 8, 0, (void *)&goal, sizeof goal) < 0) error = errno;
    }
    if (!error && o->answered && !tcp) recv(fd, data, sizeof data, 0);
    if (!error && o->held) {
        if (hold >= 0) close(hold);
        hold = fd;
    } else close(fd);
    return error ? told_of(error) : "sent";
}

/* ---- who sees ------------------------------------------------------------------------------ */

static void tap(struct netns *ns) {
    struct ring ring = {BLOCK, 1, SLOT, SLOTS};
    int version = TPACKET_V2;
    enter(ns);
    ns->tap = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    enter(NULL);
    setsockopt(ns->tap, 263, PACKET_VERSION, &version, sizeof version);
    if (setsockopt(ns->tap, 263, PACKET_RX_RING, &ring, sizeof ring)) fail("ring");
    ns->map = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, ns->tap, 0);
    ns->slot = 0;
}

/* Whether a frame is of the packet's story: IPv4, but IGMP and BGP. */
static int counts(const uint8_t *data, uint32_t length, int bare) {
    if (!bare && (length < 34 || data[12] != 8 || data[13])) return 0;
    const uint8_t *ip = bare ? data : data + 14, *ports = ip + (ip[0] & 15) * 4;
    if (ip[9] == 2) return bare;
    return !(ip[9] == 6 && ((!ports[0] && ports[1] == 179) || (!ports[2] && ports[3] == 179)));
}

/* Write the frames of a tap that have come, or let them go; how many of them count. */
static int frames(struct netns *ns, int out) {
    int many = 0;
    for (;;) {
        uint8_t *at = ns->map + ns->slot * SLOT;
        struct head *head = (void *)at;
        struct link *from = (void *)(at + 32);
        char device[IF_NAMESIZE] = "?";
        if (!(head->status & TP_STATUS_USER)) return many;
        enter(ns);
        if_indextoname(from->index, device);
        enter(NULL);
        if (strcmp(device, "lo")) {
            int bare = from->hardware != 1 && from->hardware != 772;
            many += counts(at + head->mac, head->kept, bare);
            if (out >= 0) {
                dprintf(out, "%s %s %s %u.%09u %d %u\n", ns->name, device, from->kind == PACKET_OUTGOING ? "out" : "in",
                        head->seconds, head->nanos, bare, head->kept);
                all_of(out, at + head->mac, head->kept);
            }
        }
        head->status = 0;
        ns->slot = (ns->slot + 1) % SLOTS;
    }
}

/* Wait until it is quiet; longer, up to a limit (ms), while fewer frames than `count` have come. */
static void collect(int count, double limit, double quiet, int keep) {
    struct pollfd taps[MOST];
    int n = 0, out = keep ? memfd_create("frames", MFD_CLOEXEC) : -1;
    double end = now() + limit / 1000, left;
    for (int k = 0; k < MOST; k++)
        if (all[k].used && all[k].tap >= 0) taps[n++] = (struct pollfd){all[k].tap, POLLIN, 0};
    while ((left = end - now()) > 0) {
        double wait = count <= 0 ? quiet : left * 1000;
        if (poll(taps, n, wait < 1 ? 1 : (int)wait) <= 0) break;
        for (int k = 0; k < MOST; k++)
            if (all[k].used && all[k].tap >= 0) count -= frames(&all[k], out);
    }
    if (!keep) return reply(0, "", 0);
    size_t many = lseek(out, 0, SEEK_END);
    dprintf(answer, "0 %zu\n", many);
    copy(out, answer, many);
    close(out);
}

static void lost(void) {
    char text[MOST * 80] = "";
    for (int k = 0; k < MOST; k++) {
        unsigned told[2];
        socklen_t length = sizeof told;
        if (!all[k].used || all[k].tap < 0 || getsockopt(all[k].tap, 263, PACKET_STATISTICS, told, &length)) continue;
        if (told[1]) sprintf(text + strlen(text), "%s %u\n", all[k].name, told[1]);
    }
    reply(0, text, strlen(text));
}

/* ---- orders -------------------------------------------------------------------------------- */

static void pause_for(int ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* A shell on the serial line, in a namespace. */
static void shell(struct netns *ns) {
    static int here;
    char prompt[96];
    if (here) {
        kill(-here, SIGHUP);
        kill(-here, SIGKILL);
        waitpid(here, NULL, 0);
        here = 0;
    }
    if (!ns) return;
    here = fork();
    if (here) return;
    setsid();
    enter(ns);
    int line = open("/dev/ttyS0", O_RDWR);
    ioctl(line, TIOCSCTTY, 1);
    dup2(line, 0);
    dup2(line, 1);
    dup2(line, 2);
    snprintf(prompt, sizeof prompt, "%s# ", ns->name);
    setenv("PS1", prompt, 1);
    setenv("TERM", "xterm", 1);
    unshare(CLONE_NEWNS);
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    umount2("/sys", MNT_DETACH);
    mount("none", "/sys", "sysfs", 0, NULL);
    execl("/bin/sh", "sh", NULL);
    _exit(127);
}

/* Do one order: OP NAMESPACE, its words, its input; 0, or the status of what was refused. */
static int obey(const char *op, const char *name, char *words, int length, char *input, int size) {
    struct netns *ns = named(name);
    char *end = words + length, error[300] = "";
    if (!strcmp(op, "take")) {
        int made = take(name, !strcmp(words, "node")) != NULL;
        reply(!made, "too many namespaces", made ? 0 : 19);
        return !made;
    }
    if (!strcmp(op, "collect")) {
        int count, limit, quiet, keep;
        sscanf(words, "%d %d %d %d", &count, &limit, &quiet, &keep);
        collect(count, limit, quiet, keep);
        return 0;
    }
    if (!strcmp(op, "sleep")) pause_for(atoi(words));
    else if (!strcmp(op, "clear")) clear();
    else if (!strcmp(op, "fill")) fill();
    else if (!strcmp(op, "release")) {
        if (hold >= 0) close(hold);
        hold = -1;
    } else if (!strcmp(op, "date")) {
        struct timespec t = {atoll(words), 0};
        clock_settime(CLOCK_REALTIME, &t);
    } else if (!strcmp(op, "seed")) {
        int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
        all_of(fd, input, size);
        ioctl(fd, 0x5207); /* RNDRESEEDCRNG */
        close(fd);
    } else if (!strcmp(op, "lost")) {
        lost();
        return 0;
    } else if (!strcmp(op, "shell")) shell(ns);
    else if (!ns) {
        snprintf(error, sizeof error, "no namespace %s", name);
        reply(1, error, strlen(error));
        return 1;
    } else if (!strcmp(op, "try") && !strcmp(words, "conntrack") && untracked(ns)) {
        reply(0, "", 0);
        return 0;
    } else if (!strcmp(op, "run") || !strcmp(op, "try")) {
        int status = run(ns, words, length, input, size);
        return *op == 't' ? 0 : status;
    } else if (!strcmp(op, "settings")) {
        int refused = settings(ns, input, error);
        reply(refused, error, strlen(error));
        return refused;
    } else if (!strcmp(op, "ethtool")) of_devices(ns, words, words + strlen(words) + 1, end);
    else if (!strcmp(op, "files")) {
        files(ns, words, end);
        return 0;
    } else if (!strcmp(op, "counters")) {
        int refused = counters(ns, words, end);
        snprintf(error, sizeof error, "no counter: %s", told_of(refused));
        reply(refused, error, refused ? strlen(error) : 0);
        return refused;
    } else if (!strcmp(op, "serve")) {
        int refused = serve(ns, words, end);
        reply(refused, "cannot listen", refused ? 13 : 0);
        return refused;
    } else if (!strcmp(op, "tap")) tap(ns);
    else if (!strcmp(op, "send")) {
        struct order o;
        sscanf(words, "%7s %31s %d %d %d %d %d %d %d %d %d", o.proto, o.dst, &o.dport, &o.sport, &o.size, &o.df, &o.ttl, &o.tos,
               &o.answered, &o.held, &o.patience);
        const char *said = sent(ns, &o);
        reply(0, said, strlen(said));
        return 0;
    } else {
        snprintf(error, sizeof error, "no order %s", op);
        reply(1, error, strlen(error));
        return 1;
    }
    reply(0, "", 0);
    return 0;
}

static void job(const char *name) {
    char path[300], *at, *end, op[16], netns[64];
    struct stat told;
    snprintf(path, sizeof path, "%s/%s", share, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC), length, size, n = 0, begun = 0;
    if (fd < 0 || fstat(fd, &told)) return fail(name);
    char *text = malloc(told.st_size + 1);
    for (ssize_t got; n < told.st_size && (got = read(fd, text + n, told.st_size - n)) > 0;) n += got;
    close(fd);
    text[n] = 0;
    answer = memfd_create("answer", MFD_CLOEXEC);
    at = text;
    end = text + n;
    double told_at = now();
    for (int number = 0; at < end; number++) {
        if (sscanf(at, "%15s %63s %d %d%n", op, netns, &length, &size, &begun) != 4) break;
        char *words = at + begun + 1, *input = words + length;
        char kept = input[size];
        input[size] = 0;
        int status = obey(op, netns, words, length, input, size);
        input[size] = kept;
        at = input + size;
        if (status) break;
        if (now() - told_at > 0.2) {
            dprintf(control, "at %d\n", number);
            told_at = now();
        }
    }
    free(text);
    snprintf(path, sizeof path, "%s/%s.answer", share, name);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct stat whole;
    fstat(answer, &whole);
    char *copied = mmap(NULL, whole.st_size ? whole.st_size : 1, PROT_READ, MAP_SHARED, answer, 0);
    if (whole.st_size) all_of(out, copied, whole.st_size);
    munmap(copied, whole.st_size ? whole.st_size : 1);
    close(out);
    close(answer);
    dprintf(control, "done %s\n", name);
}

/* With a folder, jobs come by the input: then it is another kernel than the page's that is asked. */
int main(int argc, char **argv) {
    struct termios raw;
    char line[128];
    int n = 0;
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1) share = argv[1];
    control = argc > 1 ? fcntl(0, F_DUPFD_CLOEXEC, 3) : open("/dev/hvc0", O_RDWR | O_CLOEXEC | O_NOCTTY);
    tcgetattr(control, &raw);
    cfmakeraw(&raw);
    tcsetattr(control, TCSANOW, &raw);
    home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    for (int k = 0; k < MOST; k++) all[k].tap = -1;
    fill();
    pause_for(500);
    dprintf(control, "ready\n");
    for (char byte; read(control, &byte, 1) == 1;) {
        if (byte != '\n' && n < (int)sizeof line - 1) {
            line[n++] = byte;
            continue;
        }
        line[n] = 0;
        if (n) job(line);
        n = 0;
    }
    if (argc > 1) return 0;
    fail("control");
    for (;;) pause();
}
