/* SPDX-License-Identifier: MIT */
/* a device that never stops; the irq has moved from 0 to 1. Must CPU 0 get free?
 * HOV 1: hand-over after MAXREP repeats   0: repeat as long as PEND */
#ifndef HOV
#define HOV 1
#endif
byte tgt; bool rn, pn, eip[2], ibx[2], onA, moved;
proctype dev() { do :: atomic { eip[tgt] = 1 } od }
proctype cpu(byte id) { bool go; byte rep;
  do
  :: atomic { eip[id] || ibx[id] -> eip[id] = 0; ibx[id] = 0; rep = 0;
       if :: rn -> pn = 1; go = 0 :: else -> rn = 1; go = 1; if :: id == 0 -> onA = 1 :: else fi fi };
     do
     :: go -> skip;
        atomic { if :: pn && (rep < 1 || !HOV) -> pn = 0; if :: HOV -> rep++ :: else fi
                    :: pn && !(rep < 1 || !HOV) -> pn = 0; rn = 0; onA = 0; go = 0; ibx[tgt] = 1
                    :: else -> rn = 0; onA = 0; go = 0 fi }
     :: else -> break
     od
  od }
init { atomic { run dev(); run cpu(0); run cpu(1) }; tgt = 1; moved = 1 }
ltl free_a { [] (moved -> <> !onA) && <> [] !onA }
