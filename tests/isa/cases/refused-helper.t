# a helper that this kernel does not have
-- asm
	call #5
	exit
-- refused 0: (85) call bpf_ktime_get_ns#5
-- refused program of this type cannot use helper bpf_ktime_get_ns#5
