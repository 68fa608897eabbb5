using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Cli.Verify;

/// <summary>Numbers with a shape, on the host: what a bundle's files hold and what a check computed. Every type a bundle uses fits a double exactly.</summary>
/// <param name="Data">Row-major.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="IsInteger">Whether they must be equal.</param>
public sealed record Values(double[] Data, int[] Shape, bool IsInteger = false)
{
    /// <summary>How many numbers there are.</summary>
    public int Count => Data.Length;

    /// <summary>Floats with a shape.</summary>
    public static Values Of(ReadOnlySpan<float> data, params int[] shape)
    {
        var numbers = new double[data.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = data[i];
        }

        return new Values(numbers, shape);
    }

    /// <summary>Whole numbers with a shape.</summary>
    public static Values OfIntegers(IEnumerable<int> data, params int[] shape) => new([.. data.Select(v => (double)v)], shape, IsInteger: true);

    /// <summary>A tensor of a file.</summary>
    public static Values Of(RawTensor tensor)
    {
        int[] shape = new int[tensor.Shape.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = checked((int)tensor.Shape[i]);
        }

        return tensor.Type.IsFloat() && tensor.Type != DType.F64
            ? Of(BlockFormats.ToFloats(tensor), shape)
            : new Values(HostNumbers.Read(tensor), shape, !tensor.Type.IsFloat());
    }

    /// <summary>As whole numbers.</summary>
    public int[] ToInts() => Array.ConvertAll(Data, v => (int)v);

    /// <summary>As floats.</summary>
    public float[] ToFloats() => Array.ConvertAll(Data, v => (float)v);

    /// <summary>One row of a matrix.</summary>
    public double[] Row(int row) => Data[(row * Shape[^1])..((row + 1) * Shape[^1])];

    /// <summary>The same numbers under another shape.</summary>
    public Values As(params int[] shape) => this with { Shape = shape };

    /// <summary>Channels-last rows <c>[items · height · width, channels]</c> as the references have them: <c>[items, channels, height, width]</c>.</summary>
    public Values ChannelsFirst(int items, int channels, int height, int width)
    {
        if ((long)items * channels * height * width != Count)
        {
            throw new InvalidOperationException($"{Count} numbers are not [{items}, {channels}, {height}, {width}]");
        }

        var moved = new double[Count];
        int cells = height * width;
        for (int item = 0; item < items; item++)
        {
            for (int cell = 0; cell < cells; cell++)
            {
                for (int channel = 0; channel < channels; channel++)
                {
                    moved[(item * channels + channel) * cells + cell] = Data[(item * cells + cell) * channels + channel];
                }
            }
        }

        return new Values(moved, [items, channels, height, width], IsInteger);
    }
}
