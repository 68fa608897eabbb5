namespace Sensorium.Text.Templates.Runtime;

/// <summary>How much a rendering was given, which its budget grows with.</summary>
internal static class InputSize
{
    public static long Of(TemplateValue value)
    {
        var size = value.Weight;
        switch (value)
        {
            case SequenceValue sequence:
                foreach (var item in sequence.Items)
                    size += Of(item);
                break;
            case DictValue dict:
                for (var i = 0; i < dict.Count; i++)
                    size += Of(dict.KeyAt(i)) + Of(dict.ValueAt(i));
                break;
        }
        return size;
    }
}
