using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

/// <summary>What a device can do at most, measured: the yardstick of every other figure.</summary>
/// <param name="Float32">float32 operations a second (a multiply-add is two), registers only, all threads.</param>
/// <param name="Int8">int8 operations a second by the best instructions for them; what float32 reaches where there are none that are faster.</param>
/// <param name="BFloat16">bfloat16 operations a second; float32's where the processor has none of its own, since kernels then widen.</param>
/// <param name="Bandwidth">Bytes a second read from memory, all threads.</param>
public sealed unsafe record Ceilings(double Float32, double Int8, double BFloat16, double Bandwidth)
{
    const nint BufferBytes = 256 << 20;
    const nint ChunkBytes = 1 << 20;
    const int Rounds = 20_000;
    const int GeneratedRounds = 10_000;
    const int Lanes = 12;

    /// <summary>Measures a device; takes some tenths of a second. The best of several tries counts, as others may use the machine.</summary>
    public static Ceilings Measure(CpuDevice device)
    {
        double floats = Floats(device), integers = Integers(device);
        return new Ceilings(floats, Math.Max(integers, floats), Brains(device) ?? floats, ReadBandwidth(device));
    }

    /// <summary>The better of two measurements, each figure for itself.</summary>
    public Ceilings Best(Ceilings other) => new(
        Math.Max(Float32, other.Float32), Math.Max(Int8, other.Int8), Math.Max(BFloat16, other.BFloat16), Math.Max(Bandwidth, other.Bandwidth));

    /// <summary>float32 operations a second.</summary>
    public static double Floats(CpuDevice device)
    {
        if (Generated(device, FloatSource.Floats) is { } generated)
        {
            return generated;
        }

        var job = new RegisterJob
        {
            Loop = device.Tier switch
            {
                KernelTier.Avx512 => &MultiplyAdds<Vector512<float>, Floats512>,
                KernelTier.Avx2 => &MultiplyAdds<Vector256<float>, Floats256>,
                _ => &MultiplyAdds<System.Numerics.Vector<float>, FloatsPortable>,
            },
        };
        int width = device.Tier switch { KernelTier.Avx512 => 16, KernelTier.Avx2 => 8, _ => System.Numerics.Vector<float>.Count };
        return Best(device, ref job, 2.0 * width * Lanes * Rounds);
    }

    /// <summary>bfloat16 operations a second; null where the processor has no instruction for them.</summary>
    public static double? Brains(CpuDevice device) => Generated(device, FloatSource.BrainPairs);

    /// <summary>int8 operations a second.</summary>
    public static double Integers(CpuDevice device)
    {
        if (Generated(device, null) is { } generated)
        {
            return generated;
        }

        var job = new RegisterJob
        {
            Loop = device.Tier == KernelTier.Portable ? &Dots<DotPortable>
                : System.Runtime.Intrinsics.X86.AvxVnni.IsSupported ? &Dots<DotVnni> : &Dots<DotNarrow>,
        };
        return Best(device, ref job, 2.0 * 32 * Lanes * Rounds);
    }

    /// <summary>Bytes a second that streaming reads reach.</summary>
    public static double ReadBandwidth(CpuDevice device)
    {
        using var buffer = new NativeBuffer(BufferBytes);
        Unsafe.InitBlockUnaligned(buffer.Pointer, 1, (uint)BufferBytes);
        var job = new ReadJob { From = buffer.Pointer };
        double best = 0;
        for (int i = 0; i < 6; i++)
        {
            long start = Stopwatch.GetTimestamp();
            device.Workers.Run(BufferBytes / ChunkBytes, ref job);
            best = Math.Max(best, BufferBytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    static double? Generated(CpuDevice device, FloatSource? source)
    {
        if (device.Generated.Ceiling(source) is not { } loop)
        {
            return null;
        }

        var job = new GeneratedJob { Kernel = loop.Kernel };
        return Best(device, ref job, loop.Operations * GeneratedRounds);
    }

    static double Best<TJob>(CpuDevice device, ref TJob job, double operations)
        where TJob : struct, IJob
    {
        // Many items, so that whoever is late has little left to do.
        int items = device.Workers.Threads * 32;
        double best = 0;
        for (int i = 0; i < 8; i++)
        {
            long start = Stopwatch.GetTimestamp();
            device.Workers.Run(items, ref job);
            best = Math.Max(best, operations * items / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    struct GeneratedJob : IJob
    {
        public CompiledKernel Kernel;

        public readonly void Run(nint item, int worker)
        {
            nint rounds = GeneratedRounds;
            Kernel.Call(&rounds);
        }
    }

    struct RegisterJob : IJob
    {
        public delegate*<float*, void> Loop;

        public readonly void Run(nint item, int worker)
        {
            float* sink = stackalloc float[16];
            Loop(sink);
        }
    }

    struct ReadJob : IJob
    {
        public byte* From;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(nint item, int worker)
        {
            byte* from = From + item * ChunkBytes;
            Vector256<long> a = default, b = default, c = default, d = default;
            for (byte* end = from + ChunkBytes; from < end; from += 128)
            {
                a |= Vector256.Load((long*)from);
                b |= Vector256.Load((long*)(from + 32));
                c |= Vector256.Load((long*)(from + 64));
                d |= Vector256.Load((long*)(from + 96));
            }

            if ((a | b | c | d) == Vector256<long>.Zero)
            {
                throw new InvalidOperationException("the buffer was filled with ones");
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void MultiplyAdds<TVector, TOps>(float* sink)
        where TVector : struct
        where TOps : struct, IFloatVector<TVector>
    {
        TVector x = TOps.Broadcast(0.999f), y = TOps.Broadcast(0.001f);
        TVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = TOps.MultiplyAdd(a, x, y);
            b = TOps.MultiplyAdd(b, x, y);
            c = TOps.MultiplyAdd(c, x, y);
            d = TOps.MultiplyAdd(d, x, y);
            e = TOps.MultiplyAdd(e, x, y);
            f = TOps.MultiplyAdd(f, x, y);
            g = TOps.MultiplyAdd(g, x, y);
            h = TOps.MultiplyAdd(h, x, y);
            i = TOps.MultiplyAdd(i, x, y);
            j = TOps.MultiplyAdd(j, x, y);
            k = TOps.MultiplyAdd(k, x, y);
            l = TOps.MultiplyAdd(l, x, y);
        }

        a = TOps.MultiplyAdd(a, b, c);
        d = TOps.MultiplyAdd(d, e, f);
        g = TOps.MultiplyAdd(g, h, i);
        j = TOps.MultiplyAdd(j, k, l);
        TOps.Store(sink, TOps.MultiplyAdd(TOps.MultiplyAdd(a, d, g), j, a));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Dots<TDot>(float* sink)
        where TDot : struct, IDotOps
    {
        // The second factor is another sum, so that no product can be taken out of the loop.
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<int> a = Vector256.Create(1), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int round = 0; round < Rounds; round++)
        {
            a = TDot.Dot(a, x, g.AsSByte());
            b = TDot.Dot(b, x, h.AsSByte());
            c = TDot.Dot(c, x, i.AsSByte());
            d = TDot.Dot(d, x, j.AsSByte());
            e = TDot.Dot(e, x, k.AsSByte());
            f = TDot.Dot(f, x, l.AsSByte());
            g = TDot.Dot(g, x, a.AsSByte());
            h = TDot.Dot(h, x, b.AsSByte());
            i = TDot.Dot(i, x, c.AsSByte());
            j = TDot.Dot(j, x, d.AsSByte());
            k = TDot.Dot(k, x, e.AsSByte());
            l = TDot.Dot(l, x, f.AsSByte());
        }

        ((a ^ b ^ c) + (d ^ e ^ f) + (g ^ h ^ i) + (j ^ k ^ l)).Store((int*)sink);
    }
}
