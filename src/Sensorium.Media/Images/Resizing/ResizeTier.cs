using System.Runtime.Intrinsics.X86;

namespace Sensorium.Media.Images.Resizing;

/// <summary>Which instructions the passes use. All give the same bytes.</summary>
enum ResizeTier
{
    Portable,
    Avx2,
    Avx512,
}

static class ResizeKernels
{
    public static ResizeTier Best { get; } =
        Avx512BW.IsSupported ? ResizeTier.Avx512 : Avx2.IsSupported ? ResizeTier.Avx2 : ResizeTier.Portable;

    public static IEnumerable<ResizeTier> Available => Enum.GetValues<ResizeTier>().Where(tier => tier <= Best);
}
