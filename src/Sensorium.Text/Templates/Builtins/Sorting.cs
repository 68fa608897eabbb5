using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>sorted(): stable, also in reverse, by Python's comparison.</summary>
internal static class Sorting
{
    public static T[] Sorted<T>(RenderState state, T[] items, Func<T, TemplateValue> key, bool reverse)
    {
        state.Meter.AllocateElements(3L * items.Length);
        var keys = new TemplateValue[items.Length];
        var order = new int[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            keys[i] = key(items[i]);
            order[i] = i;
        }
        MergeSort(order, new int[order.Length], 0, order.Length, (a, b) => reverse ? Comparison.Less(keys[a], keys[b]) : Comparison.Less(keys[b], keys[a]));
        var sorted = new T[items.Length];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = items[order[i]];
        return sorted;
    }

    // comesLater: whether the first of the two has to stand behind the second.
    static void MergeSort(int[] order, int[] buffer, int start, int end, Func<int, int, bool> comesLater)
    {
        if (end - start < 2)
            return;
        var middle = (start + end) / 2;
        MergeSort(order, buffer, start, middle, comesLater);
        MergeSort(order, buffer, middle, end, comesLater);
        Array.Copy(order, start, buffer, start, end - start);
        var (left, right) = (start, middle);
        for (var i = start; i < end; i++)
            order[i] = left < middle && (right >= end || !comesLater(buffer[left], buffer[right])) ? buffer[left++] : buffer[right++];
    }
}
