// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * The same work on Linux: a module that allocates, requests, fires, moves and
 * frees message interrupts of two emulated devices and prints what each step
 * took, under QEMU's -icount, where the time-stamp counter counts instructions.
 * With one CPU all but moves, with more only moves. It calls exported functions only.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sort.h>
#include <linux/vmstat.h>

#define MANY	1000u
#define FIRED	64u
#define ROUNDS	5u
#define REQUESTED	128u

/* QEMU's edu device: a write raises its interrupt, another one takes it back. */
#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8
#define EDU_RAISE	0x60
#define EDU_TAKE_BACK	0x64

#define NVME_VENDOR	0x1b36
#define NVME_DEVICE	0x0010

static u64 sample[MANY];
static void __iomem *edu;
static u64 handler_began;
static unsigned int calls;

static u64 now(void)
{
	return rdtsc_ordered();
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void print_median(const char *what, const char *parameter, unsigned int n)
{
	sort(sample, n, sizeof(sample[0]), by_value, NULL);
	pr_info("UMSI\t%s\t%s\t%llu\n", what, parameter, sample[n / 2]);
}

/* Grace periods and deferred work of what came before are over, and statistics folded together. */
static void settle(void)
{
	rcu_barrier();
	msleep(2500);
}

/* What the slab allocators have: it is the difference that counts. */
static long slab_bytes(void)
{
	settle();
	return (long)(global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
		      global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B)) * (long)PAGE_SIZE;
}

static irqreturn_t do_nothing(int irq, void *arg)
{
	return IRQ_HANDLED;
}

/* One driver's vectors: asked for at once, requested one by one. How many were. */
static unsigned int request_all(struct pci_dev *dev, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		u64 began = now();
		int err = request_irq(pci_irq_vector(dev, i), do_nothing, 0, "umsi_compare", dev);

		sample[i] = now() - began;
		if (err)
			return i;
	}
	return n;
}

static void free_all(struct pci_dev *dev, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		u64 began = now();

		free_irq(pci_irq_vector(dev, i), dev);
		sample[i] = now() - began;
	}
}

/* Each round's figures are the same work: their medians are printed. */
struct round {
	u64 alloc, free;
};

static bool life_once(struct pci_dev *dev, unsigned int n, struct round *out)
{
	u64 began;

	settle();
	began = now();
	if (pci_alloc_irq_vectors(dev, n, n, PCI_IRQ_MSIX) < 0)
		return false;
	out->alloc = (now() - began) / n;
	settle();
	began = now();
	pci_free_irq_vectors(dev);
	out->free = (now() - began) / n;
	return true;
}

static void life(struct pci_dev *dev, unsigned int n)
{
	struct round round[ROUNDS];
	char parameter[32];

	snprintf(parameter, sizeof(parameter), "%u entries", n);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (!life_once(dev, n, &round[i])) {
			pr_info("UMSI-NOT\tmsix.alloc\t%s\n", parameter);
			return;
		}
	}
	for (unsigned int i = 0; i < ROUNDS; i++)
		sample[i] = round[i].alloc;
	print_median("msix.alloc", parameter, ROUNDS);
	for (unsigned int i = 0; i < ROUNDS; i++)
		sample[i] = round[i].free;
	print_median("msix.free", parameter, ROUNDS);
}

/* As many as one CPU has vectors for. */
static void driver(struct pci_dev *dev)
{
	long slab = slab_bytes();

	if (pci_alloc_irq_vectors(dev, REQUESTED, REQUESTED, PCI_IRQ_MSIX) < 0)
		return;
	if (request_all(dev, REQUESTED) == REQUESTED) {
		print_median("msix.request", "128 entries", REQUESTED);
		pr_info("UMSI\tbytes.interrupt\t128 entries\t%ld\n", (slab_bytes() - slab) / (long)REQUESTED);
		free_all(dev, REQUESTED);
		print_median("msix.release", "128 entries", REQUESTED);
	}
	pci_free_irq_vectors(dev);
}

static irqreturn_t fired(int irq, void *arg)
{
	handler_began = now();
	calls++;
	writel(1, edu + EDU_TAKE_BACK);
	return IRQ_HANDLED;
}

/* From the store that makes the device send, to the handler, and until the interrupted code goes on. */
static void fire(void)
{
	static u64 whole[FIRED];

	for (unsigned int i = 0; i < FIRED; i++) {
		unsigned int before = READ_ONCE(calls);
		u64 began = now();

		writel(1, edu + EDU_RAISE);
		while (READ_ONCE(calls) == before)
			cpu_relax();
		whole[i] = now() - began;
		sample[i] = handler_began - began;
	}
	print_median("path.message_to_handler", "x86_64", FIRED);
	memcpy(sample, whole, sizeof(whole));
	print_median("path.message_and_back", "x86_64", FIRED);
}

static struct pci_dev *find(unsigned int vendor, unsigned int device)
{
	struct pci_dev *dev = pci_get_device(vendor, device, NULL);

	if (!dev || pci_enable_device(dev)) {
		pr_info("UMSI-NOT\tdevice %x:%x\n", vendor, device);
		return NULL;
	}
	pci_set_master(dev);
	return dev;
}

static void latency(void)
{
	struct pci_dev *dev = find(EDU_VENDOR, EDU_DEVICE);

	if (!dev)
		return;
	edu = pci_iomap(dev, 0, 0);
	if (edu && pci_alloc_irq_vectors(dev, 1, 1, PCI_IRQ_MSI) == 1) {
		if (!request_irq(pci_irq_vector(dev, 0), fired, 0, "umsi_edu", dev)) {
			fire();
			free_irq(pci_irq_vector(dev, 0), dev);
		}
		pci_free_irq_vectors(dev);
	}
	if (edu)
		pci_iounmap(dev, edu);
	pci_dev_put(dev);
}

/*
 * A move on x86-64 without interrupt remapping is four pieces of work: the call
 * notes where to; the next interrupt, on the old CPU, writes the message; the
 * first one on the new CPU starts a timer on the old one; that frees the old vector.
 * The three that nobody calls are measured by probes on the functions that do
 * them, less what a probe on a function that does nothing measures.
 */
struct piece {
	struct kretprobe probe;
	const char *what;
	u64 took[FIRED];
	unsigned int n;
};

static int piece_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(u64 *)instance->data = now();
	return 0;
}

static int piece_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	u64 ended = now();
	struct piece *p = container_of(get_kretprobe(instance), struct piece, probe);

	if (p->n < FIRED)
		p->took[p->n++] = ended - *(u64 *)instance->data;
	return 0;
}

static noinline void nothing(void)
{
	asm volatile("" ::: "memory");
}

#define PIECE(function, name) { \
	.probe = { .kp.symbol_name = function, .handler = piece_ends, .entry_handler = piece_begins, \
		   .data_size = sizeof(u64), .maxactive = 16 }, \
	.what = name }

static struct piece empty = PIECE(NULL, "probe");
static struct piece pieces[] = {
	PIECE("__irq_move_irq", "move.interrupt"),
	PIECE("__vector_schedule_cleanup", "move.schedule"),
	PIECE("vector_cleanup_callback", "move.cleanup"),
};

static u64 median_of(struct piece *p)
{
	sort(p->took, p->n, sizeof(p->took[0]), by_value, NULL);
	return p->n ? p->took[p->n / 2] : 0;
}

/* What measuring itself measures; all probes are there, or it is 0. */
static u64 probes_on(void)
{
	empty.probe.kp.addr = (kprobe_opcode_t *)nothing;
	if (register_kretprobe(&empty.probe))
		return 0;
	for (unsigned int i = 0; i < FIRED; i++)
		nothing();
	unregister_kretprobe(&empty.probe);
	for (unsigned int i = 0; i < ARRAY_SIZE(pieces); i++) {
		int err = register_kretprobe(&pieces[i].probe);

		if (!err)
			continue;
		pr_info("UMSI-NOT\t%s\tno probe: %d\n", pieces[i].what, err);
		while (i--)
			unregister_kretprobe(&pieces[i].probe);
		return 0;
	}
	return median_of(&empty);
}

/* As if its device had sent the message. */
static void arrive(unsigned int irq)
{
	irq_inject_interrupt(irq);
	msleep(20);
}

static void move_to_and_fro(unsigned int irq)
{
	for (unsigned int i = 0; i < FIRED; i++) {
		u64 began = now();

		irq_set_affinity(irq, cpumask_of(i % 2 ? 0 : 1));
		sample[i] = now() - began;
		arrive(irq);
		arrive(irq);
	}
}

static void moves(struct pci_dev *dev)
{
	u64 probe, whole;

	if (pci_alloc_irq_vectors(dev, 1, 1, PCI_IRQ_MSIX) != 1)
		return;
	if (request_irq(pci_irq_vector(dev, 0), do_nothing, 0, "umsi_compare", dev)) {
		pci_free_irq_vectors(dev);
		return;
	}
	irq_set_affinity(pci_irq_vector(dev, 0), cpumask_of(0));
	arrive(pci_irq_vector(dev, 0));
	arrive(pci_irq_vector(dev, 0));
	probe = probes_on();
	if (probe) {
		move_to_and_fro(pci_irq_vector(dev, 0));
		print_median("move.call", "2 cpus", FIRED);
		whole = sample[FIRED / 2];
		for (unsigned int i = 0; i < ARRAY_SIZE(pieces); i++) {
			struct piece *p = &pieces[i];

			unregister_kretprobe(&p->probe);
			pr_info("UMSI\t%s\t2 cpus\t%llu\n", p->what, median_of(p) - probe);
			pr_info("UMSI-SEEN\t%s\t%u times\n", p->what, p->n);
			whole += median_of(p) - probe;
		}
		pr_info("UMSI\tmove.whole\t2 cpus\t%llu\n", whole);
	}
	free_irq(pci_irq_vector(dev, 0), dev);
	pci_free_irq_vectors(dev);
}

/* What two readings of the counter with nothing between them differ by: taken off by the reader. */
static void overhead(void)
{
	for (unsigned int i = 0; i < FIRED; i++) {
		u64 began = now();

		sample[i] = now() - began;
	}
	print_median("counter", "x86_64", FIRED);
}

static int __init compare_init(void)
{
	static const unsigned int sizes[] = { 1, 16, 64, 256, MANY };
	struct pci_dev *dev = find(NVME_VENDOR, NVME_DEVICE);

	if (num_online_cpus() > 1) {
		if (dev)
			moves(dev);
		return 0;
	}
	overhead();
	if (dev) {
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
			life(dev, sizes[i]);
		driver(dev);
		pci_dev_put(dev);
	}
	latency();
	return 0;
}

module_init(compare_init);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("What message interrupts cost on Linux");
