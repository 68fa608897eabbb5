using System.Globalization;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

/// <summary>The processor: a worker team and a kernel tier.</summary>
public sealed class CpuDevice : Device
{
    FloatKernels? floats;
    FloatKernels? brains;
    WidenCode? widen;
    PairCode? pair;

    /// <param name="threads">Threads that work, the caller included; unless told SENSORIUM_THREADS, else the cores.</param>
    /// <param name="tier">The kernel tier; unless told SENSORIUM_TIER, else the fastest that the processor has.</param>
    /// <param name="generated">Whether kernels may be generated as machine code; unless told SENSORIUM_GENERATED (0 or 1), else they may.</param>
    /// <exception cref="ArgumentException">The processor lacks the tier, or a variable has no sensible value.</exception>
    public CpuDevice(int? threads = null, KernelTier? tier = null, bool? generated = null)
        : this(threads, tier, chosen => new GeneratedKernels(generated ?? GeneratedOfEnvironment() ?? true ? InstructionSets.Of(chosen) : Instructions.None))
    {
    }

    /// <summary>A device with other generated kernels, for tests.</summary>
    internal CpuDevice(int? threads, KernelTier? tier, Func<KernelTier, GeneratedKernels> generated)
    {
        if (tier is { } wanted)
        {
            KernelTiers.Demand(wanted, nameof(tier));
        }

        Tier = tier ?? TierOfEnvironment() ?? KernelTiers.Best;
        Generated = generated(Tier);
        Workers = new WorkerTeam(threads ?? ThreadsOfEnvironment() ?? Processor.Cores);
    }

    /// <summary>Which instructions the kernels use.</summary>
    public KernelTier Tier { get; }

    /// <summary>The threads.</summary>
    public WorkerTeam Workers { get; }

    /// <summary>Kernels made at run time.</summary>
    internal GeneratedKernels Generated { get; }

    /// <summary>float32 products: generated, or the tier's.</summary>
    internal FloatKernels Floats => floats ??= Generated.Floats(FloatSource.Floats) is { } code ? new GeneratedFloats(code, FloatKernels.Of(Tier)) : FloatKernels.Of(Tier);

    /// <summary>Products of bfloat16 by bfloat16, whose numbers of k are pairs; null where the processor has none.</summary>
    internal FloatKernels? Brains => brains ??= Generated.Floats(FloatSource.BrainPairs) is { } code ? new GeneratedFloats(code, managed: null) : null;

    /// <summary>Widens float16 to float32.</summary>
    internal WidenCode Widen => widen ??= Generated.Widen();

    /// <summary>Lays rows in pairs of bfloat16.</summary>
    internal PairCode Pair => pair ??= Generated.Pair();

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"CPU, {Tier.Name()}, {Workers.Threads} thread{(Workers.Threads == 1 ? "" : "s")}");

    /// <inheritdoc/>
    public override PreparedWeight Prepare(RawTensor raw, WeightRole role) => CpuWeight.Prepare(this, raw, role);

    /// <inheritdoc/>
    /// <remarks>All tiers read the same layouts.</remarks>
    public override string PackedForm { get; } = $"cpu {typeof(CpuDevice).Module.ModuleVersionId}";

    /// <inheritdoc/>
    public override PreparedWeight Adopt(RawTensor tensor, WeightRole role, RawTensor packed) => CpuWeight.Lay(this, tensor, role, packed);

    /// <inheritdoc/>
    public override Compute NewCompute(Numerics numerics) => new CpuCompute(this, numerics);

    /// <inheritdoc/>
    public override KvPool NewKvPool(KvLayout layout, DType type, int pages) => new CpuKvPool(layout, type, pages);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Workers.Dispose();
            Generated.Dispose();
        }
    }

    static KernelTier? TierOfEnvironment() =>
        Environment.GetEnvironmentVariable("SENSORIUM_TIER") is { Length: > 0 } name ? KernelTiers.Parse(name) : null;

    static bool? GeneratedOfEnvironment() => Environment.GetEnvironmentVariable("SENSORIUM_GENERATED") switch
    {
        null or "" => null,
        "0" => false,
        "1" => true,
        var text => throw new ArgumentException($"SENSORIUM_GENERATED={text}: give 1, or 0 for managed kernels only"),
    };

    static int? ThreadsOfEnvironment()
    {
        if (Environment.GetEnvironmentVariable("SENSORIUM_THREADS") is not { Length: > 0 } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads is > 0 and <= 1024
            ? threads
            : throw new ArgumentException($"SENSORIUM_THREADS={text}: give a number of threads from 1 to 1024");
    }
}
