# SPDX-License-Identifier: MIT
# Holds each message that QEMU's NVMe model sent against what the kernel did
# next. A handler run that takes entries ends with a write of that queue's
# completion doorbell; all three lines are traced under one lock, so the order
# of the file is the order of the machine. A message of vector V counts as
# answered when a doorbell of a queue on V follows it.

function number(line, key) {
	if (!match(line, key "=?[ ]*[0-9]+"))
		return -1
	line = substr(line, RSTART, RLENGTH)
	gsub(/[^0-9]/, "", line)
	return line + 0
}

/pci_nvme_create_cq / { vector_of[number($0, "cqid")] = number($0, "vector"); next }
# The admin queue uses vector 0 and is never created by a command.
/pci_nvme_irq_msix / { v = number($0, "vector "); messages++; sent[v]++; waiting[v]++; next }
/pci_nvme_mmio_doorbell_cq / {
	q = number($0, "cqid ")
	v = q in vector_of ? vector_of[q] : 0
	runs++
	if (waiting[v] > most)
		most = waiting[v]
	waiting[v] = 0
	next
}
END {
	for (v in sent)
		vectors++
	for (v in waiting)
		if (waiting[v]) {
			bad += waiting[v]
			printf "trace: vector %d: %d messages without a handler run after them\n", v, waiting[v]
		}
	printf "trace: %d messages on %d vectors, %d handler runs, at most %d messages before one, %d unanswered\n", \
		messages, vectors, runs, most, bad
	exit bad != 0 || messages == 0
}
