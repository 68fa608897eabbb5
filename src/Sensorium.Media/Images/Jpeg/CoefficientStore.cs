using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>All coefficients of a frame whose scans do not give whole blocks in order. They begin as zeros.</summary>
unsafe sealed class CoefficientStore : IDisposable
{
    readonly NativeBuffer buffer;
    readonly short*[] bases;
    readonly nint[] strides;

    public CoefficientStore(JpegFrame frame, string name, MediaBudget budget)
    {
        int count = frame.Components.Length;
        bases = new short*[count];
        strides = new nint[count];
        long blocks = frame.Components.Sum(c => (long)c.PaddedWidthInBlocks * c.PaddedHeightInBlocks);
        buffer = new NativeBuffer(blocks * 64 * sizeof(short), clear: true, name, budget);
        short* next = (short*)buffer.Pointer;
        for (int c = 0; c < count; c++)
        {
            JpegComponent component = frame.Components[c];
            bases[c] = next;
            strides[c] = (nint)component.PaddedWidthInBlocks * 64;
            next += strides[c] * component.PaddedHeightInBlocks;
        }
    }

    /// <summary>The first block of a row of blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public short* Row(int component, int blockRow) => bases[component] + (strides[component] * blockRow);

    public void Dispose() => buffer.Dispose();
}
