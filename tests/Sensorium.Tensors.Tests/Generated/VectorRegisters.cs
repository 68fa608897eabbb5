using System.Runtime.InteropServices;
using Iced.Intel;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Generated;

/// <summary>The vector registers of a <see cref="KernelMachine"/> and what its instructions do with them (Intel SDM vol. 2).</summary>
sealed unsafe class VectorRegisters(KernelMachine machine)
{
    readonly byte[] all = new byte[32 * 64];

    /// <summary>Nothing that a kernel may rely on.</summary>
    public void Spoil() => new Random(1).NextBytes(all);

    /// <summary>The lower 128 bits of a register.</summary>
    public byte[] Lower(int register) => all.AsSpan(register * 64, 16).ToArray();

    /// <summary>Whether the first sixteen registers have nothing above 128 bits.</summary>
    public bool IsUpperClear => Enumerable.Range(0, 16).All(r => all.AsSpan(r * 64 + 16, 48).IndexOfAnyExcept((byte)0) < 0);

    public void Execute(Instruction i)
    {
        if (i.Mnemonic == Mnemonic.Vzeroupper)
        {
            for (int r = 0; r < 16; r++)
            {
                all.AsSpan(r * 64 + 16, 48).Clear();
            }

            return;
        }

        if (i.Op0Kind == OpKind.Memory)
        {
            i.Mnemonic.ShouldBe(Mnemonic.Vmovups);
            int bytes = Size(i.Op1Register);
            Of(i.Op1Register)[..bytes].CopyTo(new Span<byte>(machine.Check(machine.Address(i), bytes, write: true), bytes));
            return;
        }

        int width = Size(i.Op0Register);
        Span<byte> a = stackalloc byte[64], b = stackalloc byte[64], to = stackalloc byte[64];
        to.Clear();
        int last = i.OpCount - 1;
        if (i.GetOpKind(last) == OpKind.Immediate8)
        {
            last--;
        }

        Read(i, last, b);
        if (last >= 2)
        {
            Read(i, 1, a);
        }

        Of(i.Op0Register)[..width].CopyTo(to);
        Compute(i, width, a, b, to);
        Span<byte> target = Of(i.Op0Register);
        target.Clear();
        to[..width].CopyTo(target);
    }

    static void Compute(Instruction i, int width, Span<byte> a, Span<byte> b, Span<byte> to)
    {
        Span<short> a16 = MemoryMarshal.Cast<byte, short>(a), b16 = MemoryMarshal.Cast<byte, short>(b), to16 = MemoryMarshal.Cast<byte, short>(to);
        Span<int> a32 = MemoryMarshal.Cast<byte, int>(a), b32 = MemoryMarshal.Cast<byte, int>(b), to32 = MemoryMarshal.Cast<byte, int>(to);
        Span<float> af = MemoryMarshal.Cast<byte, float>(a), bf = MemoryMarshal.Cast<byte, float>(b), tof = MemoryMarshal.Cast<byte, float>(to);
        int count = i.OpCount > 0 && i.GetOpKind(i.OpCount - 1) == OpKind.Immediate8 ? i.Immediate8 : 0;
        for (int n = 0; n < width / 4; n++)
        {
            switch (i.Mnemonic)
            {
                case Mnemonic.Vmovups: to32[n] = b32[n]; break;
                case Mnemonic.Vbroadcastss or Mnemonic.Vpbroadcastd: to32[n] = b32[0]; break;
                case Mnemonic.Vpxor or Mnemonic.Vpxord: to32[n] = a32[n] ^ b32[n]; break;
                case Mnemonic.Vpand or Mnemonic.Vpandd: to32[n] = a32[n] & b32[n]; break;
                case Mnemonic.Vpor or Mnemonic.Vpord: to32[n] = a32[n] | b32[n]; break;
                case Mnemonic.Vpternlogd: to32[n] = ByTable(count, to32[n], a32[n], b32[n]); break;
                case Mnemonic.Vpslld: to32[n] = b32[n] << count; break;
                case Mnemonic.Vpsrld: to32[n] = b32[n] >>> count; break;
                case Mnemonic.Vpaddd: to32[n] = a32[n] + b32[n]; break;
                case Mnemonic.Vpsubd: to32[n] = a32[n] - b32[n]; break;
                case Mnemonic.Vcvtdq2ps: tof[n] = b32[n]; break;
                case Mnemonic.Vcvtph2ps: tof[n] = (float)BitConverter.Int16BitsToHalf(b16[n]); break;
                case Mnemonic.Vpmovzxbd: to32[n] = b[n]; break;
                case Mnemonic.Vpmovsxbd: to32[n] = (sbyte)b[n]; break;
                case Mnemonic.Vmulps: tof[n] = af[n] * bf[n]; break;
                case Mnemonic.Vfmadd231ps: tof[n] = MathF.FusedMultiplyAdd(af[n], bf[n], tof[n]); break;
                case Mnemonic.Vfnmadd231ps: tof[n] = MathF.FusedMultiplyAdd(-af[n], bf[n], tof[n]); break;
                case Mnemonic.Vfmadd213ps: tof[n] = MathF.FusedMultiplyAdd(af[n], tof[n], bf[n]); break;
                case Mnemonic.Vpmaddwd: to32[n] = a16[2 * n] * b16[2 * n] + a16[2 * n + 1] * b16[2 * n + 1]; break;
                case Mnemonic.Vpdpbusd:
                    for (int j = 4 * n; j < 4 * n + 4; j++)
                    {
                        to32[n] += a[j] * (sbyte)b[j];
                    }

                    break;
                case Mnemonic.Vdpbf16ps:
                    tof[n] = FloatTwin.AddBrains(FloatTwin.AddBrains(tof[n], (ushort)a16[2 * n + 1], (ushort)b16[2 * n + 1]), (ushort)a16[2 * n], (ushort)b16[2 * n]);
                    break;
                case Mnemonic.Vcvtne2ps2bf16:
                    to16[2 * n] = Brain(2 * n < 16 ? bf[2 * n] : af[2 * n - 16]);
                    to16[2 * n + 1] = Brain(2 * n < 16 ? bf[2 * n + 1] : af[2 * n - 15]);
                    break;
                default: Narrow(i, n, count, a, b, to, a16, b16, to16); break;
            }
        }
    }

    /// <summary>Each bit is the table's at the number that the three bits are, the first one the highest.</summary>
    static int ByTable(int table, int first, int second, int third)
    {
        int to = 0;
        for (int bit = 0; bit < 32; bit++)
        {
            int at = (first >>> bit & 1) << 2 | (second >>> bit & 1) << 1 | (third >>> bit & 1);
            to |= (table >> at & 1) << bit;
        }

        return to;
    }

    /// <summary>Rounded to the nearest even; what is subnormal is zero.</summary>
    static short Brain(float x) => (short)HalfFloats.ToBF16(float.IsSubnormal(x) ? 0 * x : x);

    /// <summary>The instructions whose elements are smaller than 32 bits, four bytes at a time.</summary>
    static void Narrow(Instruction i, int n, int count, Span<byte> a, Span<byte> b, Span<byte> to, Span<short> a16, Span<short> b16, Span<short> to16)
    {
        for (int j = 2 * n; j < 2 * n + 2; j++)
        {
            switch (i.Mnemonic)
            {
                case Mnemonic.Vpsrlw: to16[j] = (short)((ushort)b16[j] >> count); continue;
                case Mnemonic.Vpaddw: to16[j] = (short)(a16[j] + b16[j]); continue;
                case Mnemonic.Vpermw: to16[j] = b16[a16[j] & 31]; continue;
                case Mnemonic.Vpmaddubsw:
                    int sum = a[2 * j] * (sbyte)b[2 * j] + a[2 * j + 1] * (sbyte)b[2 * j + 1];
                    sum.ShouldBeInRange(short.MinValue, short.MaxValue, "the products were saturated");
                    to16[j] = (short)sum;
                    continue;
            }

            for (int k = 2 * j; k < 2 * j + 2; k++)
            {
                switch (i.Mnemonic)
                {
                    case Mnemonic.Vpabsb: to[k] = (byte)Math.Abs((int)(sbyte)b[k]); break;
                    case Mnemonic.Vpsignb: to[k] = (byte)((sbyte)a[k] * Math.Sign((sbyte)b[k])); break;
                    case Mnemonic.Vpshufb: to[k] = (b[k] & 0x80) != 0 ? (byte)0 : a[k / 16 * 16 + b[k] % 16]; break;
                    default: throw new NotSupportedException($"{i} is not interpreted");
                }
            }
        }
    }

    void Read(Instruction i, int operand, Span<byte> to)
    {
        to.Clear();
        if (i.GetOpKind(operand) == OpKind.Register)
        {
            Register register = i.GetOpRegister(operand);
            Of(register)[..Size(register)].CopyTo(to);
            return;
        }

        i.GetOpKind(operand).ShouldBe(OpKind.Memory);
        int bytes = i.IsBroadcast ? 4 : i.MemorySize.GetSize();
        new ReadOnlySpan<byte>(machine.Check(machine.Address(i), bytes, write: false), bytes).CopyTo(to);
        if (i.IsBroadcast)
        {
            MemoryMarshal.Cast<byte, int>(to).Fill(MemoryMarshal.Read<int>(to));
        }
    }

    Span<byte> Of(Register register) => all.AsSpan((register >= Register.ZMM0 ? register - Register.ZMM0 : register >= Register.YMM0 ? register - Register.YMM0 : register - Register.XMM0) * 64, 64);

    static int Size(Register register) => register >= Register.ZMM0 ? 64 : register >= Register.YMM0 ? 32 : 16;
}
