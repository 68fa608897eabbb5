using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iced.Intel;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// Writes a kernel: a function of one argument, a pointer to a record of eight-byte fields. The operations are named for
/// what they do and take the width of the kernel's vectors, so that a program reads the same for 256 and 512 bits.
/// </summary>
sealed class KernelWriter
{
    // Saved for the caller, more than either convention asks of a kernel that does not use them: a call is long, a push is not.
    static readonly Register[] Saved = [Register.RBX, Register.RBP, Register.RSI, Register.RDI, Register.R12, Register.R13, Register.R14, Register.R15];

    /// <summary>What a kernel may use beside the argument and the constants.</summary>
    public static readonly Register[] Pointers =
    [
        Register.RAX, Register.RDX, Register.R8, Register.R9, Register.R10, Register.RSI, Register.RDI, Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14,
    ];

    // mask ? to : other, by bits: the truth table of (to, other, mask).
    const byte Selection = 0xe4;

    readonly Assembler code = new(64);
    readonly List<byte[]> constants = [];
    readonly bool windows;
    readonly int localBytes;
    Label constantsLabel;

    /// <param name="bits">256 or 512.</param>
    /// <param name="windows">Windows' calling convention, not System V's; unless told, this system's.</param>
    /// <param name="localBytes">Memory of the kernel's own, on the stack; see <see cref="Local"/>.</param>
    public KernelWriter(int bits, bool? windows = null, int localBytes = 0)
    {
        Bytes = bits / 8;
        this.localBytes = localBytes;
        this.windows = windows ?? OperatingSystem.IsWindows();
        constantsLabel = code.CreateLabel();
        Begin();
    }

    /// <summary>Bytes of a vector.</summary>
    public int Bytes { get; }

    /// <summary>Whether vectors have 512 bits, and there are 32 of them.</summary>
    public bool IsWide => Bytes == 64;

    /// <summary>Vector registers.</summary>
    public int Registers => IsWide ? 32 : 16;

    /// <summary>The loop's counter.</summary>
    public static Register Counter => Register.RCX;

    static Register Argument => Register.R11;

    static Register Constants => Register.R15;

    /// <summary>Vector register i.</summary>
    public Register V(int i) => i < Registers
        ? (IsWide ? Register.ZMM0 : Register.YMM0) + i
        : throw new InvalidOperationException($"a kernel wants vector register {i} of {Registers}");

    /// <summary>Memory at a register and a displacement.</summary>
    public static MemoryOperand At(Register pointer, int displacement = 0) => new(pointer, displacement);

    /// <summary>Memory at a register, an index and a displacement.</summary>
    public static MemoryOperand At(Register pointer, Register index, int scale, int displacement) => new(pointer, index, scale, displacement, displacement == 0 ? 0 : 1);

    /// <summary>One number in memory for all lanes (512 bits only): what a broadcast would take an instruction and a register for.</summary>
    public static MemoryOperand Each(Register pointer, int displacement) => new(pointer, Register.None, 1, displacement, displacement == 0 ? 0 : 1, isBroadcast: true, Register.None);

    // ---- vectors ----

    public void Zero(Register to) => Emit(Code.VEX_Vpxor_ymm_ymm_ymmm256, Code.EVEX_Vpxord_zmm_k1z_zmm_zmmm512b32, to, to, to);

    public void Load(Register to, MemoryOperand from) => Emit(Instruction.Create(IsWide ? Code.EVEX_Vmovups_zmm_k1z_zmmm512 : Code.VEX_Vmovups_ymm_ymmm256, to, from));

    public void Store(MemoryOperand to, Register from) => Emit(Instruction.Create(IsWide ? Code.EVEX_Vmovups_zmmm512_k1z_zmm : Code.VEX_Vmovups_ymmm256_ymm, to, from));

    /// <summary>A float32 in all lanes.</summary>
    public void Broadcast(Register to, MemoryOperand from) => Emit(Instruction.Create(IsWide ? Code.EVEX_Vbroadcastss_zmm_k1z_xmmm32 : Code.VEX_Vbroadcastss_ymm_m32, to, from));

    /// <summary>Four bytes in all lanes.</summary>
    public void BroadcastInt(Register to, MemoryOperand from) => Emit(Instruction.Create(IsWide ? Code.EVEX_Vpbroadcastd_zmm_k1z_xmmm32 : Code.VEX_Vpbroadcastd_ymm_xmmm32, to, from));

    public void And(Register to, Register a, Register b) => Emit(Code.VEX_Vpand_ymm_ymm_ymmm256, Code.EVEX_Vpandd_zmm_k1z_zmm_zmmm512b32, to, a, b);

    public void And(Register to, Register a, MemoryOperand b) => Emit(Code.VEX_Vpand_ymm_ymm_ymmm256, Code.EVEX_Vpandd_zmm_k1z_zmm_zmmm512b32, to, a, b);

    public void Or(Register to, Register a, Register b) => Emit(Code.VEX_Vpor_ymm_ymm_ymmm256, Code.EVEX_Vpord_zmm_k1z_zmm_zmmm512b32, to, a, b);

    public void Xor(Register to, Register a, MemoryOperand b) => Emit(Code.VEX_Vpxor_ymm_ymm_ymmm256, Code.EVEX_Vpxord_zmm_k1z_zmm_zmmm512b32, to, a, b);

    /// <summary>A vector in memory, its 16-bit lanes shifted to the right.</summary>
    public void ShiftRight16(Register to, MemoryOperand from, int count)
    {
        if (IsWide && count > 0)
        {
            Emit(Instruction.Create(Code.EVEX_Vpsrlw_zmm_k1z_zmmm512_imm8, to, from, count));
            return;
        }

        Load(to, from);
        if (count > 0)
        {
            Emit(Instruction.Create(Code.VEX_Vpsrlw_ymm_ymm_imm8, to, to, count));
        }
    }

    /// <summary>32-bit lanes shifted to the left.</summary>
    public void ShiftLeft32(Register to, Register from, int count) =>
        Emit(Instruction.Create(IsWide ? Code.EVEX_Vpslld_zmm_k1z_zmmm512b32_imm8 : Code.VEX_Vpslld_ymm_ymm_imm8, to, from, count));

    /// <summary>Four bytes in all lanes, shifted to the left.</summary>
    public void BroadcastShifted(Register to, Register pointer, int displacement, int count)
    {
        if (IsWide)
        {
            Emit(Instruction.Create(Code.EVEX_Vpslld_zmm_k1z_zmmm512b32_imm8, to, Each(pointer, displacement), count));
            return;
        }

        BroadcastInt(to, At(pointer, displacement));
        ShiftLeft32(to, to, count);
    }

    public void AddInt16(Register to, Register a, Register b) => Emit(Code.VEX_Vpaddw_ymm_ymm_ymmm256, Code.EVEX_Vpaddw_zmm_k1z_zmm_zmmm512, to, a, b);

    public void AddInt32(Register to, Register a, Register b) => Emit(Code.VEX_Vpaddd_ymm_ymm_ymmm256, Code.EVEX_Vpaddd_zmm_k1z_zmm_zmmm512b32, to, a, b);

    public void SubtractInt32(Register to, Register a, Register b) => Emit(Code.VEX_Vpsubd_ymm_ymm_ymmm256, Code.EVEX_Vpsubd_zmm_k1z_zmm_zmmm512b32, to, a, b);

    /// <summary>Unsigned by signed bytes, neighbours added, saturated to 16 bits.</summary>
    public void MultiplyBytes(Register to, Register unsigned, Register signed) => Emit(Code.VEX_Vpmaddubsw_ymm_ymm_ymmm256, Code.EVEX_Vpmaddubsw_zmm_k1z_zmm_zmmm512, to, unsigned, signed);

    /// <summary>16-bit by 16-bit, neighbours added to 32 bits.</summary>
    public void MultiplyWords(Register to, Register a, MemoryOperand b) => Emit(Code.VEX_Vpmaddwd_ymm_ymm_ymmm256, Code.EVEX_Vpmaddwd_zmm_k1z_zmm_zmmm512, to, a, b);

    /// <summary>32-bit lanes plus unsigned by signed bytes, four together (VNNI).</summary>
    public void DotBytes(Register sum, Register unsigned, Register signed) => Emit(Code.VEX_Vpdpbusd_ymm_ymm_ymmm256, Code.EVEX_Vpdpbusd_zmm_k1z_zmm_zmmm512b32, sum, unsigned, signed);

    public void DotBytes(Register sum, Register unsigned, MemoryOperand signed) => Emit(Code.VEX_Vpdpbusd_ymm_ymm_ymmm256, Code.EVEX_Vpdpbusd_zmm_k1z_zmm_zmmm512b32, sum, unsigned, signed);

    /// <summary>float32 lanes plus pairs of bfloat16 products (BF16, 512 bits only).</summary>
    public void DotBrains(Register sum, Register a, Register b) => Emit(Instruction.Create(Code.EVEX_Vdpbf16ps_zmm_k1z_zmm_zmmm512b32, sum, a, b));

    /// <summary>Two vectors of float32 to one of bfloat16 (BF16, 512 bits only), rounded to the nearest even.</summary>
    public void ToBrains(Register to, MemoryOperand lower, Register upper) => Emit(Instruction.Create(Code.EVEX_Vcvtne2ps2bf16_zmm_k1z_zmm_zmmm512b32, to, upper, lower));

    /// <summary>Words of a vector in another order (512 bits only).</summary>
    public void PermuteWords(Register to, Register order, Register from) => Emit(Instruction.Create(Code.EVEX_Vpermw_zmm_k1z_zmm_zmmm512, to, order, from));

    public void AbsoluteBytes(Register to, Register from) => Emit(Instruction.Create(Code.VEX_Vpabsb_ymm_ymmm256, to, from));

    /// <summary>Bytes of a negated, kept or cleared by the sign of b's (256 bits only).</summary>
    public void SignBytes(Register to, Register a, Register b) => Emit(Instruction.Create(Code.VEX_Vpsignb_ymm_ymm_ymmm256, to, a, b));

    /// <summary>Bytes of a table of sixteen, which is there in each 128 bits.</summary>
    public void LookUpBytes(Register to, Register table, Register indices) => Emit(Code.VEX_Vpshufb_ymm_ymm_ymmm256, Code.EVEX_Vpshufb_zmm_k1z_zmm_zmmm512, to, table, indices);

    public void ToFloat(Register to, Register from) => Emit(Instruction.Create(IsWide ? Code.EVEX_Vcvtdq2ps_zmm_k1z_zmmm512b32_er : Code.VEX_Vcvtdq2ps_ymm_ymmm256, to, from));

    /// <summary>float16 numbers, half a vector of them, to float32.</summary>
    public void WidenHalves(Register to, MemoryOperand from) => Emit(Instruction.Create(IsWide ? Code.EVEX_Vcvtph2ps_zmm_k1z_ymmm256_sae : Code.VEX_Vcvtph2ps_ymm_xmmm128, to, from));

    /// <summary>Bytes, a quarter of a vector of them, to 32 bits.</summary>
    public void WidenBytes(Register to, MemoryOperand from, bool signed)
    {
        (Code narrow, Code wide) = signed
            ? (Code.VEX_Vpmovsxbd_ymm_xmmm64, Code.EVEX_Vpmovsxbd_zmm_k1z_xmmm128)
            : (Code.VEX_Vpmovzxbd_ymm_xmmm64, Code.EVEX_Vpmovzxbd_zmm_k1z_xmmm128);
        Emit(Instruction.Create(IsWide ? wide : narrow, to, from));
    }

    /// <summary>Where a bit of the mask is not set, that of another (512 bits only).</summary>
    public void Select(Register to, Register other, Register mask) => Emit(Instruction.Create(Code.EVEX_Vpternlogd_zmm_k1z_zmm_zmmm512b32_imm8, to, other, mask, Selection));

    public void Select(Register to, Register other, MemoryOperand mask) => Emit(Instruction.Create(Code.EVEX_Vpternlogd_zmm_k1z_zmm_zmmm512b32_imm8, to, other, mask, Selection));

    public void ShiftRight32(Register to, Register from, int count) =>
        Emit(Instruction.Create(IsWide ? Code.EVEX_Vpsrld_zmm_k1z_zmmm512b32_imm8 : Code.VEX_Vpsrld_ymm_ymm_imm8, to, from, count));

    public void Multiply(Register to, Register a, Register b) => Emit(Code.VEX_Vmulps_ymm_ymm_ymmm256, Code.EVEX_Vmulps_zmm_k1z_zmm_zmmm512b32_er, to, a, b);

    public void Multiply(Register to, Register a, MemoryOperand b) => Emit(Code.VEX_Vmulps_ymm_ymm_ymmm256, Code.EVEX_Vmulps_zmm_k1z_zmm_zmmm512b32_er, to, a, b);

    /// <summary>sum += a · b, rounded once.</summary>
    public void MultiplyAdd(Register sum, Register a, Register b) => Emit(Code.VEX_Vfmadd231ps_ymm_ymm_ymmm256, Code.EVEX_Vfmadd231ps_zmm_k1z_zmm_zmmm512b32_er, sum, a, b);

    /// <summary>sum -= a · b, rounded once.</summary>
    public void MultiplySubtract(Register sum, Register a, Register b) => Emit(Code.VEX_Vfnmadd231ps_ymm_ymm_ymmm256, Code.EVEX_Vfnmadd231ps_zmm_k1z_zmm_zmmm512b32_er, sum, a, b);

    /// <summary>a = a · b + c, rounded once.</summary>
    public void MultiplyThenAdd(Register a, Register b, MemoryOperand c) => Emit(Code.VEX_Vfmadd213ps_ymm_ymm_ymmm256, Code.EVEX_Vfmadd213ps_zmm_k1z_zmm_zmmm512b32_er, a, b, c);

    // ---- addresses and the loop ----

    /// <summary>A field of the argument.</summary>
    public void Field(Register to, int index) => Emit(Instruction.Create(Code.Mov_r64_rm64, to, new MemoryOperand(Argument, 8 * index)));

    /// <summary>Goes to the label when a field of the argument is zero.</summary>
    public void SkipIfZero(int index, Label target)
    {
        Emit(Instruction.Create(Code.Cmp_rm64_imm8, new MemoryOperand(Argument, 8 * index), 0));
        code.je(target);
    }

    /// <summary>Adds a register to a field of the argument.</summary>
    public void AddToField(int index, Register bytes) => Emit(Instruction.Create(Code.Add_rm64_r64, new MemoryOperand(Argument, 8 * index), bytes));

    /// <summary>Adds a number to a field of the argument.</summary>
    public void AddToField(int index, int bytes) => Emit(Instruction.Create(Code.Add_rm64_imm32, new MemoryOperand(Argument, 8 * index), bytes));

    /// <summary>Counts a field of the argument down and goes on unless it is zero.</summary>
    public void RepeatField(int index, Label loop)
    {
        Emit(Instruction.Create(Code.Dec_rm64, new MemoryOperand(Argument, 8 * index)));
        code.jne(loop);
    }

    /// <summary>Adds a field of the argument to a register.</summary>
    public void AddField(Register to, int index) => Emit(Instruction.Create(Code.Add_r64_rm64, to, new MemoryOperand(Argument, 8 * index)));

    /// <summary>Subtracts a field of the argument from a register.</summary>
    public void SubtractField(Register from, int index) => Emit(Instruction.Create(Code.Sub_r64_rm64, from, new MemoryOperand(Argument, 8 * index)));

    public void AddRegister(Register to, Register bytes) => Emit(Instruction.Create(Code.Add_r64_rm64, to, bytes));

    public void Add(Register to, int bytes) => Emit(Instruction.Create(bytes is >= -128 and <= 127 ? Code.Add_rm64_imm8 : Code.Add_rm64_imm32, to, bytes));

    /// <summary>to = from + bytes.</summary>
    public void Lea(Register to, Register from, int bytes) => Emit(Instruction.Create(Code.Lea_r64_m, to, new MemoryOperand(from, bytes)));

    /// <summary>Points to the kernel's own memory, at a cache line's begin.</summary>
    public void Local(Register to)
    {
        Emit(Instruction.Create(Code.Lea_r64_m, to, new MemoryOperand(Register.RSP, 63)));
        Emit(Instruction.Create(Code.And_rm64_imm8, to, -64));
    }

    /// <summary>to = from · (1 + scale).</summary>
    public void Times(Register to, Register from, int scale) => Emit(Instruction.Create(Code.Lea_r64_m, to, new MemoryOperand(from, from, scale)));

    public void Prefetch(Register pointer, int displacement) => Emit(Instruction.Create(Code.Prefetcht0_m8, new MemoryOperand(pointer, displacement)));

    /// <summary>To the second-level cache, beside what the first holds.</summary>
    public void PrefetchFar(Register pointer, int displacement) => Emit(Instruction.Create(Code.Prefetcht1_m8, new MemoryOperand(pointer, displacement)));

    public Label NewLabel() => code.CreateLabel();

    /// <summary>The label is here; two labels never share an instruction.</summary>
    public void Here(ref Label label)
    {
        code.nop();
        code.Label(ref label);
    }

    public void GoTo(Label target) => code.jmp(target);

    /// <summary>Counts down and goes on unless the count is zero.</summary>
    public void Repeat(Label loop)
    {
        Emit(Instruction.Create(Code.Dec_rm64, Counter));
        code.jne(loop);
    }

    /// <summary>Counts down and goes on unless the count is a field of the argument.</summary>
    public void RepeatDownTo(int index, Label loop)
    {
        Emit(Instruction.Create(Code.Dec_rm64, Counter));
        Emit(Instruction.Create(Code.Cmp_r64_rm64, Counter, new MemoryOperand(Argument, 8 * index)));
        code.jne(loop);
    }

    /// <summary>Goes to the label unless the count is a multiple of a power of two.</summary>
    public void UnlessMultiple(int powerOfTwo, Label target)
    {
        Emit(Instruction.Create(Code.Test_rm8_imm8, Register.CL, powerOfTwo - 1));
        code.jne(target);
    }

    /// <summary>Goes to the label unless the count is at least so large.</summary>
    public void UnlessAtLeast(int count, Label target)
    {
        Emit(Instruction.Create(Code.Cmp_rm64_imm8, Counter, count));
        code.jl(target);
    }

    /// <summary>Goes to the label unless the count is below.</summary>
    public void UnlessBelow(int count, Label target)
    {
        Emit(Instruction.Create(Code.Cmp_rm64_imm8, Counter, count));
        code.jge(target);
    }

    /// <summary>Goes to the label when the count is zero.</summary>
    public void WhenDone(Label target)
    {
        Emit(Instruction.Create(Code.Test_rm64_r64, Counter, Counter));
        code.je(target);
    }

    // ---- constants ----

    /// <summary>A vector full of a 32-bit number, in memory.</summary>
    public MemoryOperand Constant(uint each)
    {
        byte[] vector = new byte[Bytes];
        for (int i = 0; i < Bytes; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(vector.AsSpan(i), each);
        }

        return Constant(vector);
    }

    /// <summary>A vector full of sixteen bytes, in memory.</summary>
    public MemoryOperand Constant(ReadOnlySpan<byte> sixteen)
    {
        byte[] vector = new byte[Bytes];
        for (int i = 0; i < Bytes; i += sixteen.Length)
        {
            sixteen.CopyTo(vector.AsSpan(i));
        }

        return Constant(vector);
    }

    /// <summary>A vector of 16-bit numbers, in memory.</summary>
    public MemoryOperand Constant(ReadOnlySpan<ushort> words) => Constant(MemoryMarshal.AsBytes(words).ToArray());

    MemoryOperand Constant(byte[] vector)
    {
        int index = constants.FindIndex(c => c.AsSpan().SequenceEqual(vector));
        if (index < 0)
        {
            index = constants.Count;
            constants.Add(vector);
        }

        return At(Constants, index * Bytes);
    }

    // ---- the whole ----

    void Begin()
    {
        foreach (Register register in Saved)
        {
            Emit(Instruction.Create(Code.Push_r64, register));
        }

        if (windows)
        {
            Emit(Instruction.Create(Code.Sub_rm64_imm32, Register.RSP, 10 * 16));
            for (int i = 0; i < 10; i++)
            {
                Emit(Instruction.Create(Code.VEX_Vmovups_xmmm128_xmm, new MemoryOperand(Register.RSP, 16 * i), Register.XMM6 + i));
            }
        }

        if (localBytes > 0)
        {
            Emit(Instruction.Create(Code.Sub_rm64_imm32, Register.RSP, localBytes + 64));
        }

        Emit(Instruction.Create(Code.Mov_r64_rm64, Argument, windows ? Register.RCX : Register.RDI));
        code.lea(AssemblerRegisters.r15, AssemblerRegisters.__[constantsLabel]);
    }

    /// <summary>Ends the function and gives its bytes; they may lie anywhere.</summary>
    public byte[] End()
    {
        code.vzeroupper();
        if (localBytes > 0)
        {
            Emit(Instruction.Create(Code.Add_rm64_imm32, Register.RSP, localBytes + 64));
        }

        if (windows)
        {
            for (int i = 0; i < 10; i++)
            {
                Emit(Instruction.Create(Code.VEX_Vmovups_xmm_xmmm128, Register.XMM6 + i, new MemoryOperand(Register.RSP, 16 * i)));
            }

            Emit(Instruction.Create(Code.Add_rm64_imm32, Register.RSP, 10 * 16));
        }

        for (int i = Saved.Length - 1; i >= 0; i--)
        {
            Emit(Instruction.Create(Code.Pop_r64, Saved[i]));
        }

        code.ret();
        code.Label(ref constantsLabel);
        code.db(constants.Count == 0 ? [0] : [.. constants.SelectMany(c => c)]);
        using var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    void Emit(Code narrow, Code wide, Register to, Register a, Register b) => Emit(Instruction.Create(IsWide ? wide : narrow, to, a, b));

    void Emit(Code narrow, Code wide, Register to, Register a, MemoryOperand b) => Emit(Instruction.Create(IsWide ? wide : narrow, to, a, b));

    void Emit(Instruction instruction) => code.AddInstruction(instruction);
}
